// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the grouped products on the CPU are made of: blocks of rows that one expert has, their rows
// brought together, and the working memory of a thread for that. Operands stay in their dtype T;
// products widen them.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/core/blocks.h"
#include "kernels/core/scratch.h"
#include "kernels/moe/grouped_gemm.h"

namespace hone::kernels {

// An expert's matrix is packed once for each block of rows, which are therefore many.
inline constexpr int64_t kRowBlock = 128;
inline constexpr int64_t kColumnBlock = 256;

// Blocks of at most kRowBlock positions of one expert, with numbers that have none (blocks.h).
inline int64_t expert_blocks(const ExpertOrder& order) {
  return block_numbers(order.order.numel(), order.offsets.numel() - 1, kRowBlock);
}

// Blocks of rows are tasks, and where there are few of them, blocks of columns too. No bit depends on
// it.
inline int64_t columns_of_task(const ExpertOrder& order, int64_t out) {
  constexpr int64_t kManyTasks = 32;
  return expert_blocks(order) >= kManyTasks ? std::max<int64_t>(out, 1) : kColumnBlock;
}

// A block of rows of x times matrices with `columns` columns at a time. F: the type of the sums.
template <class F>
struct GroupedGemmMemory {
  // element: bytes of one of x. rank: R, or 0 without a second product.
  GroupedGemmMemory(Scratch<F>& scratch, const ExpertOrder& order, RowsBy x_by, int64_t in,
                    int64_t out, int64_t rank, int64_t element)
      : rows(std::min(kRowBlock, order.order.numel())),
        widest(std::min(out, kColumnBlock)),
        x(scratch.bytes(x_by == RowsBy::expert ? 0 : rows * in * element)),
        rank_rows(scratch.bytes(rows * rank * element)),
        rank_sums(scratch.vector(rows * rank)),
        sums(scratch.vector(rows * widest)),
        product(scratch.vector(gemm_scratch<F>(rows, std::max(widest, rank), std::max(in, rank)))) {
  }

  int64_t rows, widest;
  void *x, *rank_rows;  // [rows, in] (unless by expert) and [rows, rank] in x's dtype
  F *rank_sums, *sums;  // [rows, rank], [rows, widest]
  F* product;
};

// The scratch memory of a loop of `tasks` such products.
inline Tensor grouped_gemm_scratch(int64_t tasks, const ExpertOrder& order, const Tensor& x,
                                   RowsBy x_by, int64_t out, int64_t rank) {
  int64_t elements = 0;
  visit_accumulator(x.dtype(), [&]<class F>() {
    Scratch<F> counter;
    GroupedGemmMemory<F>(counter, order, x_by, x.dim(1), out, rank, size_of(x.dtype()));
    elements = counter.used();
  });
  return worker_scratch(tasks, elements, accumulator_dtype(x.dtype()), x.device());
}

// A tile of an expert's gradient: sums over kChain rows of u and v at a time.
inline constexpr int64_t kGramRows = 128;
inline constexpr int64_t kGramColumns = 256;
template <class F>
struct GramMemory {
  GramMemory(Scratch<F>& scratch, int64_t M, int64_t N, int64_t element)
      : u(scratch.bytes(kChain * std::min(M, kGramRows) * element)),
        v(scratch.bytes(kChain * std::min(N, kGramColumns) * element)),
        product(scratch.vector(
            gemm_scratch<F>(std::min(M, kGramRows), std::min(N, kGramColumns), kChain))) {}

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
  // Each position is a row: those of a block are together already.
  bool in_order() const { return order_ == nullptr; }

 private:
  const int32_t* order_;
  int64_t per_row_;
};

// Columns [column, column + columns) of the block's rows of x: where they are if the rows are
// together, else brought together in `panel`.
template <class T>
MatrixRef<const T> block_rows(const Tensor& x, const RowIndex& row, const RowBlock& block,
                              int64_t column, int64_t columns, void* panel) {
  const int64_t width = x.dim(1);
  const T* from = x.data<T>() + column;
  if (row.in_order()) return {from + block.begin * width, block.rows(), columns, width};
  T* to = static_cast<T*>(panel);
  for (int64_t p = block.begin; p < block.end; ++p, to += columns)
    std::copy_n(from + row(p) * width, columns, to);
  return {static_cast<T*>(panel), block.rows(), columns, columns};
}
template <class T>
MatrixRef<const T> whole_rows(const Tensor& x, const RowIndex& row, const RowBlock& block,
                              void* panel) {
  return block_rows<T>(x, row, block, 0, x.dim(1), panel);
}

// Where sums for columns [column, column + columns) of the block's rows of y can be made: in y itself
// if its rows are together, of the type of the sums, and nothing is added to them; else in `panel`,
// for store_rows to bring to y.
template <class T>
MatrixRef<acc_t<T>> sums_for(const RowIndex& row, const RowBlock& block, int64_t column,
                             int64_t columns, acc_t<T> beta, const Tensor& y, acc_t<T>* panel) {
  using A = acc_t<T>;
  if constexpr (std::is_same_v<T, A>)
    if (row.in_order() && beta == A(0))
      return {y.data<T>() + block.begin * y.dim(1) + column, block.rows(), columns, y.dim(1)};
  return {panel, block.rows(), columns, columns};
}

// Columns [column, ...) of the block's rows of y: y = sums + beta * y.
template <class T>
void store_rows(MatrixRef<acc_t<T>> sums, const RowIndex& row, const RowBlock& block,
                int64_t column, acc_t<T> beta, const Tensor& y) {
  using A = acc_t<T>;
  const A* from = sums.data;
  if (static_cast<const void*>(from) == y.data<T>() + block.begin * y.dim(1) + column) return;
  for (int64_t p = block.begin; p < block.end; ++p, from += sums.stride) {
    T* to = y.data<T>() + row(p) * y.dim(1) + column;
    if (beta == A(0))
      for (int64_t c = 0; c < sums.columns; ++c) to[c] = T(from[c]);
    else
      for (int64_t c = 0; c < sums.columns; ++c) to[c] = T(from[c] + beta * A(to[c]));
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
