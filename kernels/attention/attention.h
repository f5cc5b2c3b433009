// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Attention over packed documents, causal or over the whole document, with grouped queries and an
// optional sliding window.
//                 source: Dao et al. 2022, arXiv:2205.14135; Dao 2023, arXiv:2307.08691 (backward)
//
//   S[i,j] = scale * q_i . k_j      where i and j are rows of one document and j is visible to i:
//                                   j <= i, and i - j < window if there is a window;
//                                   with kWholeDocument every j
//   lse[i] = log(sum_j exp(S[i,j]))       P = exp(S - lse)       o_i = sum_j P[i,j] v_j
//   delta_i = do_i . o_i                  dS = P * (do_i . v_j - delta_i)
//   dv_j = sum_i P[i,j] do_i
//   dq_i = scale * sum_j dS[i,j] k_j      dk_j = scale * sum_i dS[i,j] q_i
//
//   Query head h uses key head h / (H / Hk); dk and dv are summed over the query heads of a key head.
//   q, o, do, dq [N, H, D]   k, v, dk, dv [N, Hk, D]      in T = f32, f64 or bf16
//   lse, delta [N, H] f32 (f64 for f64)                   q, k, v: rows and heads may be strided
//   cu_seqlens [S+1] i32: document s is rows [cu_seqlens[s], cu_seqlens[s+1]); first 0, last N,
//   documents may be empty. Math in f32 (f64).
//
//   How it works: S never exists as a whole. A block of 64 queries meets the keys of its document
//   64 at a time, in order; a running maximum m and sum l rescale what was added up before:
//     m' = max(m, max_j S)
//     l' = l exp(m - m') + sum_j exp(S - m')      o' = o exp(m - m') + exp(S - m') V
//   and at the end o / l. Backward has P from lse at once. It visits the blocks twice: queries
//   collect dq over keys, then keys collect dk and dv over queries, so that nobody else adds to
//   what a block collects. Blocks are counted from the start of the document, so a document gives
//   the same bits wherever it is packed.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// A window that reaches over the whole document, to rows before and after a query's.
inline constexpr int64_t kWholeDocument = -1;

struct AttentionOutput {
  Tensor o;    // [N, H, D] T
  Tensor lse;  // [N, H] f32: saved for backward
};

// window: 0 for none, or kWholeDocument.
AttentionOutput attention_forward(const Tensor& q, const Tensor& k, const Tensor& v,
                                  const Tensor& cu_seqlens, double scale, int64_t window);

struct AttentionGradients {
  Tensor dq;  // [N, H, D] T
  Tensor dk;  // [N, Hk, D] T
  Tensor dv;  // [N, Hk, D] T
};

// Operands and results of the forward pass, and the gradient `dout` of o.
AttentionGradients attention_backward(const Tensor& dout, const Tensor& q, const Tensor& k,
                                      const Tensor& v, const AttentionOutput& out,
                                      const Tensor& cu_seqlens, double scale, int64_t window);

// pairs: visible (query, key) pairs over all documents, of one head.
Cost attention_forward_cost(int64_t n, int64_t pairs, int64_t h, int64_t hk, int64_t d, DType t);
Cost attention_backward_cost(int64_t n, int64_t pairs, int64_t h, int64_t hk, int64_t d, DType t);

// Device implementations. delta [N, H] and scratch [threads, ...]: working memory.
template <Isa I>
void attention_forward(Cpu<I>, const Tensor& q, const Tensor& k, const Tensor& v,
                       const Tensor& cu_seqlens, double scale, int64_t window,
                       const Tensor& scratch, const AttentionOutput& out);
template <Isa I>
void attention_backward(Cpu<I>, const Tensor& dout, const Tensor& q, const Tensor& k,
                        const Tensor& v, const AttentionOutput& out, const Tensor& cu_seqlens,
                        double scale, int64_t window, const Tensor& delta, const Tensor& scratch,
                        const AttentionGradients& gradients);
void attention_forward(Cuda, const Tensor& q, const Tensor& k, const Tensor& v,
                       const Tensor& cu_seqlens, double scale, int64_t window,
                       const Tensor& scratch, const AttentionOutput& out);
void attention_backward(Cuda, const Tensor& dout, const Tensor& q, const Tensor& k, const Tensor& v,
                        const AttentionOutput& out, const Tensor& cu_seqlens, double scale,
                        int64_t window, const Tensor& delta, const Tensor& scratch,
                        const AttentionGradients& gradients);

}  // namespace hone::kernels
