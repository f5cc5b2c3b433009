// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/l2_norm/l2_norm.h"

namespace hone::kernels {
namespace {

void check_heads(const Tensor& x, const char* name) {
  check(x.rank() == 3 && (x.dim(2) <= 1 || x.stride(2) == 1), "l2_norm: ", name, " ", x.shape(),
        " must be [N, H, D] with contiguous heads");
}

}  // namespace

L2NormOutput l2_norm_forward(const Tensor& x, double eps) {
  check_heads(x, "x");
  const L2NormOutput out{
      Tensor::empty_like(x),
      Tensor::empty({x.dim(0), x.dim(1)}, accumulator_dtype(x.dtype()), x.device())};
  visit_device(x.device(), [&](auto device) { l2_norm_forward(device, x, eps, out); });
  return out;
}

void l2_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& rnorm, const Tensor& dx) {
  check_heads(x, "x");
  check_heads(dx, "dx");
  check(dx.shape() == x.shape() && dx.dtype() == x.dtype(), "l2_norm: dx ", dx.shape(), " ",
        name_of(dx.dtype()), " is not like x ", x.shape(), " ", name_of(x.dtype()));
  check(dy.shape() == x.shape() && dy.dtype() == x.dtype() && dy.is_contiguous(), "l2_norm: dy ",
        dy.shape(), " ", name_of(dy.dtype()), " must be contiguous and like x ", x.shape(), " ",
        name_of(x.dtype()));
  visit_device(x.device(), [&](auto device) { l2_norm_backward(device, dy, x, rnorm, dx); });
}

Cost l2_norm_forward_cost(int64_t rows, int64_t d, DType t) {
  const double elements = static_cast<double>(rows) * static_cast<double>(d);
  return {2 * elements * size_of(t) + 4.0 * rows, 3 * elements};
}

Cost l2_norm_backward_cost(int64_t rows, int64_t d, DType t) {
  const double elements = static_cast<double>(rows) * static_cast<double>(d);
  return {3 * elements * size_of(t) + 4.0 * rows, 6 * elements};
}

}  // namespace hone::kernels
