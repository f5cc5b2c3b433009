// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The gated delta rule: linear attention whose state forgets by a learned decay and overwrites what
// it holds under a key instead of adding to it.
//                                                    source: Yang et al. 2024, arXiv:2412.06464;
//                                                    chunks: Yang et al. 2024, arXiv:2406.06484
//
// Recurrent form, for each document and value head h, S [Dk, Dv] = 0 (or given) at its start:
//
//   S    <- e^g[t] S
//   d[t]  = beta[t] (v[t] - S^T k[t])                q is scaled by Dk^-1/2; q and k are those of
//   S    <- S + k[t] d[t]^T                          key head h / (Hv / Hk)
//   o[t]  = S^T q[t]
//
// Chunked form, the same numbers by matrix products. In a chunk of n <= 64 rows let gamma_i be the
// sum of g up to row i, and Gamma_ij = e^(gamma_i - gamma_j) for i >= j, else 0. The rows d[i] of
// the chunk, D, solve (I + A) D = diag(beta) V - diag(beta e^gamma) K S, so with
//
//   A  = StrictLower(diag(beta) (K K^T) * Gamma)     Tm = (I + A)^-1
//   U  = Tm diag(beta) V      W = Tm diag(beta e^gamma) K                             chunk_wy
//   V' = U - W S              S_next = e^gamma_n S + Kt^T V'                          chunk_state
//   P  = Lower((Q K^T) * Gamma)      O = diag(e^gamma) Q S + P V'                     chunk_output
//   Kt = diag(e^(gamma_n - gamma)) K
//
// only S goes from chunk to chunk. Backward runs the chunks in reverse, each stage in reverse, from
// dO and the gradient of S_next; it computes the states at chunk starts again, so nothing is saved
// beside the inputs. The formulas stand with the code of each stage (kernels/delta_rule/chunk_*).
//
//   q, k [N, Hk, Dk], v [N, Hv, Dv] in T = f32, f64 or bf16: views with contiguous heads
//   g <= 0, beta [N, Hv] in f32 (f64 for f64), row-major
//   o [N, Hv, Dv] in T, row-major           states [S, Hv, Dk, Dv] in f32 (f64 for f64)
//   cu_seqlens [S + 1] i32: kernels/core/documents.h
//   Math in f32 (f64), one rounding to T. dq and dk: sums over the Hv / Hk value heads of a key
//   head in ascending order. A document's results do not depend on what else is in the row.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/delta_rule/delta_heads.h"
#include "tensor/tensor.h"

namespace hone::kernels {

inline constexpr int64_t kDeltaChunk = 64;  // rows of a chunk

enum class DeltaForm {
  recurrent,  // token by token: the oracle, and generation
  chunked,    // 64 tokens at a time: training and prefill
};

struct DeltaRuleInput {
  Tensor q, k;           // [N, Hk, Dk] T, L2-normalised, q not scaled
  Tensor v;              // [N, Hv, Dv] T
  Tensor g, beta;        // [N, Hv] f32: log decay and writing strength
  Tensor cu_seqlens;     // [S + 1] i32
  Tensor initial_state;  // [S, Hv, Dk, Dv] f32, or undefined for zeros
};

struct DeltaRuleOutput {
  Tensor o;            // [N, Hv, Dv] T
  Tensor final_state;  // [S, Hv, Dk, Dv] f32 if asked for: an empty document's is its initial state
};

// One token of generation is a document of one row with the previous final state as initial state.
DeltaRuleOutput gated_delta_rule_forward(const DeltaRuleInput& in, DeltaForm form,
                                         bool want_final_state);

struct DeltaRuleGrads {
  Tensor dq, dk;          // [N, Hk, Dk] T
  Tensor dv;              // [N, Hv, Dv] T
  Tensor dg, dbeta;       // [N, Hv] f32
  Tensor dinitial_state;  // [S, Hv, Dk, Dv] f32; undefined without an initial state
};

// grad_o, grad_final_state: gradients of the outputs; the latter may be undefined.
DeltaRuleGrads gated_delta_rule_backward(const Tensor& grad_o, const Tensor& grad_final_state,
                                         const DeltaRuleInput& in, DeltaForm form);

// N tokens with q, k, v in T.
Cost gated_delta_rule_forward_cost(int64_t n, const DeltaHeads& heads, DType t, DeltaForm form);
Cost gated_delta_rule_backward_cost(int64_t n, const DeltaHeads& heads, DType t, DeltaForm form);

// Device implementations; outputs and working memory (working_memory.h) are allocated by the
// functions above. states: those at chunk starts, or before every token.
template <Isa I>
void recurrent_forward(Cpu<I>, const DeltaRuleInput& in, const DeltaRuleOutput& out,
                       const Tensor& scratch);
template <Isa I>
void recurrent_backward(Cpu<I>, const Tensor& grad_o, const Tensor& grad_final_state,
                        const DeltaRuleInput& in, const DeltaRuleGrads& out, const Tensor& states,
                        const Tensor& scratch);
template <Isa I>
void chunked_forward(Cpu<I>, const DeltaRuleInput& in, const DeltaRuleOutput& out,
                     const Tensor& scratch);
template <Isa I>
void chunked_backward(Cpu<I>, const Tensor& grad_o, const Tensor& grad_final_state,
                      const DeltaRuleInput& in, const DeltaRuleGrads& out, const Tensor& states,
                      const Tensor& scratch);
void recurrent_forward(Cuda, const DeltaRuleInput& in, const DeltaRuleOutput& out,
                       const Tensor& scratch);
void recurrent_backward(Cuda, const Tensor& grad_o, const Tensor& grad_final_state,
                        const DeltaRuleInput& in, const DeltaRuleGrads& out, const Tensor& states,
                        const Tensor& scratch);
void chunked_forward(Cuda, const DeltaRuleInput& in, const DeltaRuleOutput& out,
                     const Tensor& scratch);
void chunked_backward(Cuda, const Tensor& grad_o, const Tensor& grad_final_state,
                      const DeltaRuleInput& in, const DeltaRuleGrads& out, const Tensor& states,
                      const Tensor& scratch);

}  // namespace hone::kernels
