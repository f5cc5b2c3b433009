// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// DoRA: a weight as lengths times directions, of which LoRA turns the directions.
//                                                  source: Liu et al. 2024, arXiv:2402.09353
//
//   v = W + scale * B A [out, in]      norm[o] = || v[o, :] ||       (a constant to the gradient)
//   y[n, o]  = u[n, o] * magnitude[o] / norm[o] + bias[o]            u = x v^T
//   du[n, o] = dy[n, o] * magnitude[o] / norm[o]
//   dmagnitude[o] = sum_n dy[n, o] * u[n, o] / norm[o]               dbias[o] = sum_n dy[n, o]
//
//   u, y, dy, du [N, out] and bias [out] in T = f32, f64 or bf16; v [out, in], magnitude, norm and
//   their gradients [out] in f32 (f64 for f64). Math in f32 (f64), one rounding to T. Sums over rows:
//   partial sums over blocks of kDoraRowBlock rows, then an ordered sum. A row of v that is all zeros
//   gives y = bias, and no gradient.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/grad_target.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// norm [out] of v [out, in]. Requires: contiguous, f32 or f64.
Tensor dora_norms(const Tensor& v);

// y. bias may be undefined.
Tensor dora_forward(const Tensor& u, const Tensor& magnitude, const Tensor& norm,
                    const Tensor& bias);

// Returns du. dmagnitude and dbias may be unwanted.
Tensor dora_backward(const Tensor& dy, const Tensor& u, const Tensor& magnitude, const Tensor& norm,
                     const GradTarget& dmagnitude, const GradTarget& dbias);

Cost dora_norms_cost(int64_t out, int64_t in, DType t);
// N rows of `out` elements of T.
Cost dora_forward_cost(int64_t n, int64_t out, DType t);
Cost dora_backward_cost(int64_t n, int64_t out, DType t);

// Device implementations. magnitude_parts, bias_parts: scratch [ceil(N / kDoraRowBlock), out], undefined
// where the gradient is unwanted.
inline constexpr int64_t kDoraRowBlock = 16;
template <Isa I>
void dora_norms(Cpu<I>, const Tensor& v, const Tensor& norm);
template <Isa I>
void dora_forward(Cpu<I>, const Tensor& u, const Tensor& magnitude, const Tensor& norm,
                  const Tensor& bias, const Tensor& y);
template <Isa I>
void dora_backward(Cpu<I>, const Tensor& dy, const Tensor& u, const Tensor& magnitude,
                   const Tensor& norm, const Tensor& du, const GradTarget& dmagnitude,
                   const Tensor& magnitude_parts, const GradTarget& dbias,
                   const Tensor& bias_parts);
void dora_norms(Cuda, const Tensor& v, const Tensor& norm);
void dora_forward(Cuda, const Tensor& u, const Tensor& magnitude, const Tensor& norm,
                  const Tensor& bias, const Tensor& y);
void dora_backward(Cuda, const Tensor& dy, const Tensor& u, const Tensor& magnitude,
                   const Tensor& norm, const Tensor& du, const GradTarget& dmagnitude,
                   const Tensor& magnitude_parts, const GradTarget& dbias,
                   const Tensor& bias_parts);

}  // namespace hone::kernels
