// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The backward pass of an expert's SwiGLU together with that of the routing weights.
//                                          source: Shazeer 2020, arXiv:2002.05202
//
//   z[p] = [g | u]      s = 1 / (1 + exp(-g))      h[p,i] = g s u       out_t = sum_j w_tj h W2^T
//
//   With dh[p] = dout_t W2, the gradient as if the weight were 1:
//   dw[t,j] = sum_i dh[p,i] h[p,i]           so the unweighted result of W2 is never needed
//   dg[p,i] = w dh u s (1 + g (1 - s))       du[p,i] = w dh g s
//   wh[p,i] = w h[p,i]                       the rows that the gradients of W2 are made of
//
//   z, dz [P, 2F], dh, wh [P, F] in expert order, w, dw [N, K], p = inverse[t K + j]; all in
//   T = f32, f64 or bf16. Math in f32 (f64 for f64), one rounding to T; h is rounded as in
//   kernels/swiglu. Bandwidth bound: each operand is read or written once.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/moe/sort.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct WeightedSwigluGrad {
  Tensor dz;  // [P, 2F]
  Tensor dw;  // [N, K]
  Tensor wh;  // [P, F]; undefined unless asked for
};

WeightedSwigluGrad weighted_swiglu_backward(const Tensor& dh, const Tensor& z,
                                            const Tensor& weights, const ExpertOrder& order,
                                            bool with_wh);

// P rows of F elements.
Cost weighted_swiglu_backward_cost(int64_t assignments, int64_t f, DType t, bool with_wh);

// Device implementation; outputs are allocated by the function above.
template <Isa I>
void weighted_swiglu_backward(Cpu<I>, const Tensor& dh, const Tensor& z, const Tensor& weights,
                              const ExpertOrder& order, const WeightedSwigluGrad& out);
void weighted_swiglu_backward(Cuda, const Tensor& dh, const Tensor& z, const Tensor& weights,
                              const ExpertOrder& order, const WeightedSwigluGrad& out);

}  // namespace hone::kernels
