// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// GELU, the activation of an MLP without a gate.  source: Hendrycks & Gimpel 2016, arXiv:1606.08415
//
//   erf     y = x P(x)              dx = dy (P(x) + x p(x))            P, p: the normal distribution's
//           P(x) = (1 + erf(x / sqrt 2)) / 2                           function and density
//   tanh    y = x (1 + tanh a) / 2  a = sqrt(2 / pi) (x + 0.044715 x^3)
//           dx = dy ((1 + tanh a) / 2 + x (1 - tanh^2 a) / 2 * a'(x))
//
//   x, y, dy, dx of any shape in T = f32, f64 or bf16, contiguous. Math in f32 (f64), one rounding.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

enum class GeluForm { erf, tanh };

Tensor gelu_forward(const Tensor& x, GeluForm form);
Tensor gelu_backward(const Tensor& dy, const Tensor& x, GeluForm form);

// n elements.
Cost gelu_forward_cost(int64_t n, DType t);
Cost gelu_backward_cost(int64_t n, DType t);

// Device implementations.
template <Isa I>
void gelu_forward(Cpu<I>, const Tensor& x, GeluForm form, const Tensor& y);
template <Isa I>
void gelu_backward(Cpu<I>, const Tensor& dy, const Tensor& x, GeluForm form, const Tensor& dx);
void gelu_forward(Cuda, const Tensor& x, GeluForm form, const Tensor& y);
void gelu_backward(Cuda, const Tensor& dy, const Tensor& x, GeluForm form, const Tensor& dx);

}  // namespace hone::kernels
