// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gelu/gelu.h"

namespace hone::kernels {

Tensor gelu_forward(const Tensor& x, GeluForm form) {
  check(x.is_contiguous(), "gelu: x ", x.shape(), " is not contiguous");
  const Tensor y = Tensor::empty_like(x);
  visit_device(x.device(), [&](auto device) { gelu_forward(device, x, form, y); });
  return y;
}

Tensor gelu_backward(const Tensor& dy, const Tensor& x, GeluForm form) {
  check(
      x.is_contiguous() && dy.is_contiguous() && dy.shape() == x.shape() && dy.dtype() == x.dtype(),
      "gelu: dy ", dy.shape(), " ", name_of(dy.dtype()), " must be contiguous and like x ",
      x.shape(), " ", name_of(x.dtype()));
  const Tensor dx = Tensor::empty_like(x);
  visit_device(x.device(), [&](auto device) { gelu_backward(device, dy, x, form, dx); });
  return dx;
}

Cost gelu_forward_cost(int64_t n, DType t) {
  return {2.0 * static_cast<double>(n * size_of(t)), 10.0 * static_cast<double>(n)};
}

Cost gelu_backward_cost(int64_t n, DType t) {
  return {3.0 * static_cast<double>(n * size_of(t)), 18.0 * static_cast<double>(n)};
}

}  // namespace hone::kernels
