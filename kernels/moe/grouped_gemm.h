// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// One matrix product per expert, over the rows routed to it.
//                                          source: Gale et al. 2022, arXiv:2211.15841 (grouped
//                                          products); Tan et al. 2024, arXiv:2403.08245 (rows
//                                          gathered and scattered by the product itself)
//
//   for each position p of expert e (offsets[e] <= p < offsets[e + 1]):
//   Y[y_row(p), :] = alpha * X[x_row(p), :] op(W_e) + beta * Y[y_row(p), :]
//
//   X [rows, in], Y [rows, out] in T = f32, f64 or bf16; W [E, out, in] with op = transpose (a
//   layer's forward pass), or [E, in, out] as it is (its backward pass), in T.
//   Sums in f32 (f64 for f64), one rounding to T. beta = 0 ignores what Y held, NaN included.
//   Element offsets are 64-bit: a stack of experts may have more than 2^31 elements.
//   W may be some consecutive experts of a larger stack, with `offsets` their slice; the rows of
//   other experts are then left alone.
//   CPU: blocks of 64 rows by 256 columns, each computed by one thread over the whole of `in`. A
//   row's result does not depend on which other rows its expert has.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/gemm/gemm.h"
#include "kernels/moe/sort.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// Which row of a matrix belongs to position p of the expert order.
enum class RowsBy {
  token,       // row order[p] / K: one row per token, read by its K assignments
  assignment,  // row order[p]
  expert,      // row p: each expert's rows are together
};

// First element of an expert's [rows, columns] matrix in a stack.
constexpr int64_t stack_offset(int64_t expert, int64_t rows, int64_t columns) {
  return expert * rows * columns;
}

// Requires: contiguous; Y's rows are not by token (several assignments would write one row).
void grouped_gemm(const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op, double alpha,
                  double beta, const ExpertOrder& order, const Tensor& y, RowsBy y_by);

// P rows in all, every expert's matrix read once.
Cost grouped_gemm_cost(int64_t assignments, int64_t experts, int64_t out, int64_t in, DType t);

// Throws unless x has the rows that `by` says. `name` names the matrix in the message.
void check_rows(const char* op, const char* name, const Tensor& x, RowsBy by,
                const ExpertOrder& order);
// Throws unless w is a contiguous stack of as many matrices as `order` has experts, which op maps
// from `in` to `out` columns, in dtype t.
void check_stack(const char* op, const char* name, const Tensor& w, Transpose transpose, int64_t in,
                 int64_t out, DType t, const ExpertOrder& order);

// Device implementation. scratch [threads, ...]: working memory.
template <Isa I>
void grouped_gemm(Cpu<I>, const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op, double alpha,
                  double beta, const ExpertOrder& order, const Tensor& y, RowsBy y_by,
                  const Tensor& scratch);
void grouped_gemm(Cuda, const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op, double alpha,
                  double beta, const ExpertOrder& order, const Tensor& y, RowsBy y_by,
                  const Tensor& scratch);

}  // namespace hone::kernels
