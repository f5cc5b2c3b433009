// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/random_fill/random_fill.h"

namespace hone::kernels {

void fill_uniform(const Tensor& t, float bound, const RandomStream& stream) {
  check(t.is_contiguous(), "fill_uniform: t ", t.shape(), " must be contiguous");
  visit_device(t.device(), [&](auto device) { fill_uniform(device, t, bound, stream); });
}

void fill_normal(const Tensor& t, float deviation, const RandomStream& stream) {
  check(t.is_contiguous(), "fill_normal: t ", t.shape(), " must be contiguous");
  visit_device(t.device(), [&](auto device) { fill_normal(device, t, deviation, stream); });
}

Cost random_fill_cost(int64_t n, DType t) {
  const double elements = static_cast<double>(n);
  return {elements * size_of(t), 2 * elements};
}

}  // namespace hone::kernels
