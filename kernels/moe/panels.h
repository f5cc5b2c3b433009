// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the grouped products on the CPU are made of: blocks of rows that one expert has, and
// operands widened to f32 (f64) panels.
#pragma once

#include <algorithm>
#include <type_traits>
#include <vector>

#include "kernels/moe/grouped_gemm.h"

namespace hone::kernels {

inline constexpr int64_t kRowBlock = 64;
inline constexpr int64_t kColumnBlock = 256;

// Positions [begin, end) of one expert.
struct RowBlock {
  int64_t expert;
  int64_t begin;
  int64_t end;

  int64_t rows() const { return end - begin; }
};

// At most kRowBlock rows each; experts without rows have none.
inline std::vector<RowBlock> row_blocks(const Tensor& offsets) {
  const int32_t* first = offsets.data<int32_t>();
  std::vector<RowBlock> blocks;
  for (int64_t e = 0; e + 1 < offsets.numel(); ++e)
    for (int64_t p = first[e]; p < first[e + 1]; p += kRowBlock)
      blocks.push_back({e, p, std::min<int64_t>(p + kRowBlock, first[e + 1])});
  return blocks;
}

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

// Columns [column, column + columns) of the block's rows of x.
template <class T>
MatrixRef<const acc_t<T>> load_rows(const Tensor& x, const RowIndex& row, const RowBlock& block,
                                    int64_t column, int64_t columns, acc_t<T>* panel) {
  acc_t<T>* to = panel;
  for (int64_t p = block.begin; p < block.end; ++p, to += columns) {
    const T* from = x.data<T>() + row(p) * x.dim(1) + column;
    for (int64_t c = 0; c < columns; ++c) to[c] = acc_t<T>(from[c]);
  }
  return {panel, block.rows(), columns, columns};
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
// of its rows under a transpose, else some of its columns. f32 and f64 are read in place.
template <class T>
MatrixRef<const acc_t<T>> load_weight(const Tensor& w, int64_t expert, Transpose op, int64_t column,
                                      int64_t columns, acc_t<T>* panel) {
  const int64_t width = w.dim(2);
  const T* from = w.data<T>() + stack_offset(expert, w.dim(1), width);
  MatrixRef<const T> part = op == Transpose::yes
                                ? MatrixRef<const T>{from + column * width, columns, width, width}
                                : MatrixRef<const T>{from + column, w.dim(1), columns, width};
  if constexpr (std::is_same_v<T, acc_t<T>>) {
    return part;
  } else {
    for (int64_t r = 0; r < part.rows; ++r)
      for (int64_t c = 0; c < part.columns; ++c)
        panel[r * part.columns + c] = acc_t<T>(part.data[r * part.stride + c]);
    return {panel, part.rows, part.columns, part.columns};
  }
}

// Elements that load_weight needs for a panel: none where it reads in place.
template <class T>
constexpr int64_t weight_panel(int64_t in, int64_t columns) {
  return std::is_same_v<T, acc_t<T>> ? 0 : in * columns;
}

}  // namespace hone::kernels
