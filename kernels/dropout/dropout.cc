// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/dropout/dropout.h"

namespace hone::kernels {

Tensor dropout(const Tensor& x, double p, const RandomStream& random) {
  check(p >= 0 && p < 1, "dropout: probability ", p, " is not in [0, 1)");
  check(x.is_contiguous(), "dropout: x ", x.shape(), " must be contiguous");
  const Tensor y = Tensor::empty_like(x);
  visit_device(x.device(), [&](auto device) { dropout(device, x, p, random, y); });
  return y;
}

Cost dropout_cost(int64_t n, DType t) {
  const double elements = static_cast<double>(n);
  return {2 * elements * size_of(t), 2 * elements};
}

}  // namespace hone::kernels
