// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A grouped product with a low-rank update per expert: either pass of an adapted expert layer.
//                                          source: Hu et al. 2021, arXiv:2106.09685
//
//   rank[p,:]     = X[x_row(p), :] op(first_e)                                 [P, R]
//   Y[y_row(p),:] = X[x_row(p), :] op(W_e) + scale * rank[p,:] op(second_e)
//
//   forward   op = transpose: W [E, out, in], first = A [E, R, in], second = B [E, out, R];
//             rank = X A^T is what dB needs
//   backward  op = as it is, X = dY: first = B, second = A; rank = dY B is what dA needs
//
//   X, Y, rank, W, first, second in T = f32, f64 or bf16; sums in f32 (f64 for f64). rank is
//   rounded to T before its second product. Any rank >= 1.
//
//   fused  one pass: the update is added to a tile of X op(W_e) before its one rounding to T
//   split  three grouped products: Y = X op(W), rank, Y += scale * rank op(second); Y is rounded
//          twice. Large experts, few of them: the base product can then be a plain fast one.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/moe/grouped_gemm.h"

namespace hone::kernels {

enum class LoraForm { fused, split };

// split for at most kSplitExperts experts of at least `threshold` elements. Of the published
// mixtures that is Mixtral; those of Qwen and OLMoE are fused.
inline constexpr int64_t kSplitExperts = 32;
inline constexpr int64_t kSplitElements = 20'000'000;
constexpr LoraForm choose_lora_form(int64_t experts, int64_t in, int64_t out,
                                    int64_t threshold = kSplitElements) {
  return experts <= kSplitExperts && in * out >= threshold ? LoraForm::split : LoraForm::fused;
}

// Writes y and rank [P, R]. Requires: contiguous, one dtype; y's rows are not by token.
void grouped_lora(const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op, const Tensor& first,
                  const Tensor& second, double scale, const ExpertOrder& order, const Tensor& y,
                  RowsBy y_by, const Tensor& rank, LoraForm form);

Cost grouped_lora_cost(int64_t assignments, int64_t experts, int64_t out, int64_t in, int64_t rank,
                       DType t);

// Device implementation of the fused form. scratch [threads, ...]: working memory.
template <Isa I>
void grouped_lora_fused(Cpu<I>, const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op,
                        const Tensor& first, const Tensor& second, double scale,
                        const ExpertOrder& order, const Tensor& y, RowsBy y_by, const Tensor& rank,
                        const Tensor& scratch);
void grouped_lora_fused(Cuda, const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op,
                        const Tensor& first, const Tensor& second, double scale,
                        const ExpertOrder& order, const Tensor& y, RowsBy y_by, const Tensor& rank,
                        const Tensor& scratch);

}  // namespace hone::kernels
