// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the grouped products on the CPU are made of: blocks of rows that one expert has, their rows
// brought together, and the working memory of a thread for that. Operands stay in their dtype T;
// products widen them.
#pragma once

#include <algorithm>

#include "kernels/core/blocks.h"
#include "kernels/core/scratch.h"
#include "kernels/moe/grouped_gemm.h"

namespace hone::kernels {

inline constexpr int64_t kRowBlock = 64;
inline constexpr int64_t kColumnBlock = 256;

// Blocks of at most kRowBlock positions of one expert, with numbers that have none (blocks.h).
inline int64_t expert_blocks(const ExpertOrder& order) {
  return block_numbers(order.order.numel(), order.offsets.numel() - 1, kRowBlock);
}

// A block of rows of x times matrices with `columns` columns at a time. F: the type of the sums.
template <class F>
struct GroupedGemmMemory {
  // element: bytes of one of x. rank: R, or 0 without a second product.
  GroupedGemmMemory(Scratch<F>& scratch, const ExpertOrder& order, int64_t in, int64_t out,
                    int64_t rank, int64_t element)
      : rows(std::min(kRowBlock, order.order.numel())),
        widest(std::min(out, kColumnBlock)),
        x(scratch.bytes(rows * in * element)),
        rank_rows(scratch.bytes(rows * rank * element)),
        rank_sums(scratch.vector(rows * rank)),
        sums(scratch.vector(rows * widest)),
        product(scratch.vector(gemm_scratch<F>(rows, std::max(widest, rank), std::max(in, rank)))) {
  }

  int64_t rows, widest;
  void *x, *rank_rows;  // [rows, in] and [rows, rank] in x's dtype
  F *rank_sums, *sums;  // [rows, rank], [rows, widest]
  F* product;
};

// The scratch memory of a loop of `tasks` such products.
inline Tensor grouped_gemm_scratch(int64_t tasks, const ExpertOrder& order, const Tensor& x,
                                   int64_t out, int64_t rank) {
  int64_t elements = 0;
  visit_accumulator(x.dtype(), [&]<class F>() {
    Scratch<F> counter;
    GroupedGemmMemory<F>(counter, order, x.dim(1), out, rank, size_of(x.dtype()));
    elements = counter.used();
  });
  return worker_scratch(tasks, elements, accumulator_dtype(x.dtype()), x.device());
}

// A tile of an expert's gradient: blocks of rows of u and v.
inline constexpr int64_t kGramRows = 128;
inline constexpr int64_t kGramColumns = 256;
template <class F>
struct GramMemory {
  GramMemory(Scratch<F>& scratch, int64_t M, int64_t N, int64_t element)
      : u(scratch.bytes(kRowBlock * std::min(M, kGramRows) * element)),
        v(scratch.bytes(kRowBlock * std::min(N, kGramColumns) * element)),
        product(scratch.vector(
            gemm_scratch<F>(std::min(M, kGramRows), std::min(N, kGramColumns), kRowBlock))) {}

  void *u, *v;
  F* product;
};

// The row of `x` at each position.
class RowIndex {
 public:
  RowIndex(const Tensor& x, RowsBy by, const ExpertOrder& order)
      : order_(by == RowsBy::expert ? nullptr : order.order.data<int32_t>()),
        per_row_(by == RowsBy::token && x.dim(0) > 0 ? order.order.numel() / x.dim(0) : 1) {}
  int64_t operator()(int64_t p) const { return order_ ? order_[p] / per_row_ : p; }

 private:
  const int32_t* order_;
  int64_t per_row_;
};

// Columns [column, column + columns) of the block's rows of x, brought together in `panel`.
template <class T>
MatrixRef<const T> load_rows(const Tensor& x, const RowIndex& row, const RowBlock& block,
                             int64_t column, int64_t columns, void* panel) {
  T* const first = static_cast<T*>(panel);
  T* to = first;
  for (int64_t p = block.begin; p < block.end; ++p, to += columns) {
    const T* from = x.data<T>() + row(p) * x.dim(1) + column;
    std::copy(from, from + columns, to);
  }
  return {first, block.rows(), columns, columns};
}

// Columns [column, ...) of the block's rows of y: y = panel + beta * y.
template <class T>
void store_rows(MatrixRef<acc_t<T>> panel, const RowIndex& row, const RowBlock& block,
                int64_t column, acc_t<T> beta, const Tensor& y) {
  using A = acc_t<T>;
  const A* from = panel.data;
  for (int64_t p = block.begin; p < block.end; ++p, from += panel.stride) {
    T* to = y.data<T>() + row(p) * y.dim(1) + column;
    if (beta == A(0))
      for (int64_t c = 0; c < panel.columns; ++c) to[c] = T(from[c]);
    else
      for (int64_t c = 0; c < panel.columns; ++c) to[c] = T(from[c] + beta * A(to[c]));
  }
}

// The part of an expert's matrix that gives columns [column, column + columns) of x op(W_e): some
// of its rows under a transpose, else some of its columns.
template <class T>
MatrixRef<const T> weight_part(const Tensor& w, int64_t expert, Transpose op, int64_t column,
                               int64_t columns) {
  const int64_t width = w.dim(2);
  const T* from = w.data<T>() + stack_offset(expert, w.dim(1), width);
  if (op == Transpose::yes) return {from + column * width, columns, width, width};
  return {from + column, w.dim(1), columns, width};
}

}  // namespace hone::kernels
