// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The end of a sum over rows that blocks of rows have begun. For _cpu.cc files.
#pragma once

#include <algorithm>

#include "kernels/core/grad_target.h"

namespace hone::kernels {
namespace {

// target = sum of the rows of partial [blocks, columns] in ascending order, after what target holds if
// it accumulates.
template <class A>
void sum_blocks(const A* partial, int64_t blocks, int64_t columns, const GradTarget& target) {
  A* total = target.tensor.data<A>();
  if (!target.accumulate) std::fill(total, total + columns, A(0));
  for (int64_t b = 0; b < blocks; ++b, partial += columns)
#pragma omp simd
    for (int64_t c = 0; c < columns; ++c) total[c] += partial[c];
}

}  // namespace
}  // namespace hone::kernels
