// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// One product of transposed rows per expert: the gradient of an expert's matrix.
//                                          source: Hu et al. 2021, arXiv:2106.09685 (for A and B)
//
//   G[e,m,n] = alpha * sum over positions p of expert e of U[u_row(p), m] * V[v_row(p), n]
//
//   dW_e = (dY)^T X        dB_e = s (dY)^T (X A^T)        dA_e = s (dY B)^T X
//
//   U [rows, M], V [rows, N] in T = f32, f64 or bf16; G [E, M, N] in f32 (f64 for f64), written or
//   accumulated. Experts without rows get zeros, whatever G held. With X A^T and dY B computed
//   beforehand (they are [P, R]) each gradient reads every row once per tile of G, and nothing is
//   computed again. Each tile of G has one owner: no atomics, the same bits every time.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/grad_target.h"
#include "kernels/moe/grouped_gemm.h"

namespace hone::kernels {

// Does nothing when `g` is not wanted. Requires: contiguous; g [E, M, N].
void grouped_gram(const Tensor& u, RowsBy u_by, const Tensor& v, RowsBy v_by, double alpha,
                  const ExpertOrder& order, const GradTarget& g);

Cost grouped_gram_cost(int64_t assignments, int64_t experts, int64_t m, int64_t n, DType t);

// Device implementation. scratch [threads, ...]: working memory.
template <Isa I>
void grouped_gram(Cpu<I>, const Tensor& u, RowsBy u_by, const Tensor& v, RowsBy v_by, double alpha,
                  const ExpertOrder& order, const GradTarget& g, const Tensor& scratch);
void grouped_gram(Cuda, const Tensor& u, RowsBy u_by, const Tensor& v, RowsBy v_by, double alpha,
                  const ExpertOrder& order, const GradTarget& g, const Tensor& scratch);

}  // namespace hone::kernels
