// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <memory>

#include "kernels/core/isa.h"
#include "tests/isa/fixture.h"

namespace hone::kernels {

template <Isa I>
LevelsSeen levels_seen_by_kernel(Cpu<I>) {
  return {compiled_level(), std::make_unique<LevelReporter>()->level()};
}

template <Isa I>
void sqrt_plus_index(Cpu<I>, const std::vector<float>& x, std::vector<float>* y) {
  y->resize(x.size());
  for (size_t i = 0; i < x.size(); ++i) (*y)[i] = std::sqrt(x[i]) + static_cast<float>(i);
}

template <Isa I>
void throw_error(Cpu<I>) {
  fail(ErrorCode::kDataset, "level ", static_cast<int>(I));
}

template LevelsSeen levels_seen_by_kernel(Cpu<kIsa>);
template void sqrt_plus_index(Cpu<kIsa>, const std::vector<float>&, std::vector<float>*);
template void throw_error(Cpu<kIsa>);

}  // namespace hone::kernels
