// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/squared_relu/squared_relu.h"

namespace hone::kernels {

Tensor squared_relu_forward(const Tensor& x) {
  check(x.is_contiguous(), "squared_relu: x ", x.shape(), " is not contiguous");
  const Tensor y = Tensor::empty_like(x);
  visit_device(x.device(), [&](auto device) { squared_relu_forward(device, x, y); });
  return y;
}

Tensor squared_relu_backward(const Tensor& dy, const Tensor& x) {
  check(
      x.is_contiguous() && dy.is_contiguous() && dy.shape() == x.shape() && dy.dtype() == x.dtype(),
      "squared_relu: dy ", dy.shape(), " ", name_of(dy.dtype()), " must be contiguous and like x ",
      x.shape(), " ", name_of(x.dtype()));
  const Tensor dx = Tensor::empty_like(x);
  visit_device(x.device(), [&](auto device) { squared_relu_backward(device, dy, x, dx); });
  return dx;
}

Cost squared_relu_forward_cost(int64_t n, DType t) {
  return {2.0 * static_cast<double>(n * size_of(t)), 2.0 * static_cast<double>(n)};
}

Cost squared_relu_backward_cost(int64_t n, DType t) {
  return {3.0 * static_cast<double>(n * size_of(t)), 3.0 * static_cast<double>(n)};
}

}  // namespace hone::kernels
