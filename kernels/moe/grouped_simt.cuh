// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Grouped products by plain arithmetic: f32 and f64, and shapes that the tensor core kernel does not
// take. A block of 16 x 16 threads makes 32 x 32 elements, 2 x 2 a thread, from tiles in shared memory.
#pragma once

#include "kernels/moe/grouped.cuh"

namespace hone::kernels::grouped_simt {

constexpr int kSide = 16;
constexpr int kTile = 2 * kSide;

// sum[i][j] += rows (r + 16 i) . columns (c + 16 j), for the thread at (r, c).
template <class T>
__device__ void add_product(const GroupedFactors<T>& f, const GroupBlock& block, int64_t out,
                            int64_t column, acc_t<T> (&sum)[2][2]) {
  using A = acc_t<T>;
  __shared__ A x[kTile][kTile + 1], w[kTile][kTile + 1];  // w[k][n]
  const int tid = threadIdx.y * kSide + threadIdx.x;
  const T* const matrix = f.w + block.group * out * f.in;
  for (int64_t from = 0; from < f.in; from += kTile) {
    __syncthreads();  // the tiles before are used up
    for (int i = tid; i < kTile * kTile; i += kSide * kSide) {
      const int r = i / kTile, k = i % kTile;
      const bool there = block.begin + r < block.end && from + k < f.in;
      x[r][k] = there ? A(widen(f.x[f.rows.at(block.begin + r) * f.in + from + k])) : A(0);
      // Read along the memory's rows: those of the transposed matrix are columns.
      const int n = f.transposed ? r : k, d = f.transposed ? k : r;
      const bool inside = column + n < out && from + d < f.in;
      const int64_t at =
          f.transposed ? (column + n) * f.in + from + d : (from + d) * out + column + n;
      w[d][n] = inside ? A(widen(matrix[at])) : A(0);
    }
    __syncthreads();  // the tiles are there
    for (int k = 0; k < kTile; ++k)
#pragma unroll
      for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int j = 0; j < 2; ++j)
          sum[i][j] += x[threadIdx.y + i * kSide][k] * w[k][threadIdx.x + j * kSide];
  }
}

template <class T>
__global__ void __launch_bounds__(kSide* kSide) product_kernel(GroupedProduct<T> g) {
  using A = acc_t<T>;
  const GroupBlock block = g.blocks.at(blockIdx.y);
  if (block.empty()) return;
  const int64_t column = int64_t{blockIdx.x} * kTile;
  A sum[2][2] = {};
  if (g.low_rank.x) {
    add_product(g.low_rank, block, g.out, column, sum);
#pragma unroll
    for (auto& row : sum)
#pragma unroll
      for (A& s : row) s *= g.low_rank_scale;
  }
  add_product(g.base, block, g.out, column, sum);
#pragma unroll
  for (int i = 0; i < 2; ++i)
#pragma unroll
    for (int j = 0; j < 2; ++j) {
      const int64_t p = block.begin + threadIdx.y + i * kSide, n = column + threadIdx.x + j * kSide;
      if (p >= block.end || n >= g.out) continue;
      T* const to = g.y + g.y_rows.at(p) * g.out + n;
      const A value = g.alpha * sum[i][j];
      *to = narrow_to<T>(g.beta == A(0) ? value : value + g.beta * widen(*to));
    }
}

}  // namespace hone::kernels::grouped_simt
