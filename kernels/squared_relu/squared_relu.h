// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Squared ReLU, the activation of an MLP without a gate.     source: So et al. 2021, arXiv:2109.08668
//
//   y = max(x, 0)^2        dx = 2 max(x, 0) dy
//
//   x, y, dy, dx of any shape in T = f32, f64 or bf16, contiguous. Math in f32 (f64), one rounding.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

Tensor squared_relu_forward(const Tensor& x);
Tensor squared_relu_backward(const Tensor& dy, const Tensor& x);

// n elements.
Cost squared_relu_forward_cost(int64_t n, DType t);
Cost squared_relu_backward_cost(int64_t n, DType t);

// Device implementations.
template <Isa I>
void squared_relu_forward(Cpu<I>, const Tensor& x, const Tensor& y);
template <Isa I>
void squared_relu_backward(Cpu<I>, const Tensor& dy, const Tensor& x, const Tensor& dx);
void squared_relu_forward(Cuda, const Tensor& x, const Tensor& y);
void squared_relu_backward(Cuda, const Tensor& dy, const Tensor& x, const Tensor& dx);

}  // namespace hone::kernels
