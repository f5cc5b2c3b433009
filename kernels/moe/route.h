// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The router of a mixture of experts: which K of E experts a token goes to, and with what weights.
//                                          source: Shazeer et al. 2017, arXiv:1701.06538
//
//   p[n,e] = softmax_e(logits[n,:])          sel(n) = the K largest, in descending order; of equal
//                                            logits the lower index comes first
//   w[n,j] = p[n, sel_j]                     as they are          (OLMoE)
//   w[n,j] = p[n, sel_j] / sum_i p[n, sel_i] renormalised: softmax of the chosen logits (Qwen)
//
//   dlogits[n,e] = p_e (dw_e [e in sel] - sum_j p_j dw_j)     as they are: every e, j over sel
//   dlogits[n,e] = w_e (dw_e - sum_j w_j dw_j) [e in sel]     renormalised: zero for the others
//
//   logits, dlogits [N, E], w, dw [N, K] in T = f32, f64 or bf16; ids [N, K] i32.
//   Softmax and weights in f32 (f64 for f64), one rounding to T at the end. A NaN logit gives NaN
//   weights and still valid ids.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct MoeRouteOutput {
  Tensor weights;  // [N, K] T
  Tensor ids;      // [N, K] i32
  Tensor exact;    // [N, K] f32 (f64): the weights before rounding, for backward
};

// replay_ids [N, K] i32: go to these experts instead of the top K; may be undefined.
// Requires: 1 <= k <= E; replayed ids in [0, E) and distinct within a token (checked on the CPU).
MoeRouteOutput moe_route_forward(const Tensor& logits, int64_t k, bool renormalise,
                                 const Tensor& replay_ids);

// Returns dlogits [N, E] of the weights as they are.
Tensor moe_route_backward(const Tensor& dw, const Tensor& logits, const Tensor& ids);
// Returns dlogits [N, E] of renormalised weights, for which `exact` is enough.
Tensor moe_route_renormalised_backward(const Tensor& dw, const Tensor& exact, const Tensor& ids,
                                       int64_t experts);

Cost moe_route_forward_cost(int64_t n, int64_t experts, int64_t k, DType t);
Cost moe_route_backward_cost(int64_t n, int64_t experts, int64_t k, DType t);

// Device implementations; outputs are allocated by the functions above. With replay, out.ids is the
// replayed tensor and is only read.
template <Isa I>
void moe_route_forward(Cpu<I>, const Tensor& logits, bool renormalise, bool replay,
                       const MoeRouteOutput& out);
template <Isa I>
void moe_route_backward(Cpu<I>, const Tensor& dw, const Tensor& logits, const Tensor& ids,
                        const Tensor& dlogits);
template <Isa I>
void moe_route_renormalised_backward(Cpu<I>, const Tensor& dw, const Tensor& exact,
                                     const Tensor& ids, const Tensor& dlogits);
void moe_route_forward(Cuda, const Tensor& logits, bool renormalise, bool replay,
                       const MoeRouteOutput& out);
void moe_route_backward(Cuda, const Tensor& dw, const Tensor& logits, const Tensor& ids,
                        const Tensor& dlogits);
void moe_route_renormalised_backward(Cuda, const Tensor& dw, const Tensor& exact, const Tensor& ids,
                                     const Tensor& dlogits);

}  // namespace hone::kernels
