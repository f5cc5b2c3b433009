// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the grouped products on the GPU share: which rows an expert has, and where they lie.
#pragma once

#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/row_blocks.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/moe/grouped_gemm.h"

namespace hone::kernels {

// The row of a matrix at each position.
struct GroupedRows {
  const int32_t* order;  // null: row p itself
  int64_t per_row;       // assignments of a row: K by token, else 1

  GroupedRows() = default;
  GroupedRows(const Tensor& x, RowsBy by, const ExpertOrder& o)
      : order(by == RowsBy::expert ? nullptr : o.order.data<int32_t>()),
        per_row(by == RowsBy::token && x.dim(0) > 0 ? o.order.numel() / x.dim(0) : 1) {}
  __device__ int64_t at(int64_t p) const {
    if (!order) return p;
    return per_row == 1 ? order[p] : order[p] / static_cast<int32_t>(per_row);
  }
};

// Experts as the documents of a packed row: their rows in blocks that no two experts share. The block
// says which expert it belongs to.
inline GroupBlocks expert_blocks(const ExpertOrder& order, int64_t rows) {
  return {order.offsets.data<int32_t>(), order.offsets.numel() - 1, rows};
}

// One factor pair of a product per expert: rows of x [rows, in] by a matrix of the stack w, which is
// [E, out, in] if transposed, else [E, in, out].
template <class T>
struct GroupedFactors {
  const T* x = nullptr;
  const T* w = nullptr;
  GroupedRows rows;
  int64_t in = 0;
  bool transposed = false;
};

template <class T>
struct GroupedProduct {
  GroupedFactors<T> low_rank;  // without x there is none
  GroupedFactors<T> base;
  GroupBlocks blocks;
  int64_t out;
  acc_t<T> low_rank_scale, alpha, beta;
  T* y;
  GroupedRows y_rows;
};

}  // namespace hone::kernels
