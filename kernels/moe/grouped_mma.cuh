// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Grouped products of bf16 on tensor cores, with f32 sums.
//
//   A block of 8 warps makes kRows x 128 elements of one expert's rows. Tiles of 64 of the sum's terms pass
//   through shared memory in three stages; the rows of x are gathered by the copies themselves. A low-rank
//   update runs through the same loop first and is scaled in the registers, so it costs its own terms and
//   no other pass over y.
#pragma once

#include "kernels/core/cuda/async_copy.cuh"
#include "kernels/core/cuda/mma.cuh"
#include "kernels/moe/grouped.cuh"

namespace hone::kernels::grouped_mma {

constexpr int kThreads = 256;
constexpr int kColumns = 128;  // of y
constexpr int kTerms = 64;     // of a tile
constexpr int kStages = 3;

template <int kRows>
constexpr size_t kStageBytes =
    SharedTile<kTerms>::bytes(kRows) + SharedTile<kTerms>::bytes(kColumns);

// Warps lie 2 rows x 4 columns of them.
template <int kRows>
struct WarpTile {
  static constexpr int kTilesDown = kRows / 32;  // of 16 rows
  static constexpr int kTilesAcross = 4;         // of 8 columns
  FragmentC sum[kTilesDown][kTilesAcross];
  int row, column;  // of the warp in the block's tile

  __device__ WarpTile()
      : sum{},
        row(static_cast<int>(threadIdx.x) / 32 / 4 * (kRows / 2)),
        column(static_cast<int>(threadIdx.x) / 32 % 4 * 32) {}
};

template <int kRows, bool kTransposed>
__device__ void copy_tile(const GroupedFactors<bf16>& f, const GroupBlock& block, int64_t out,
                          int64_t column, int64_t from, unsigned char* stage) {
  const SharedTile<kTerms> x(stage);
  constexpr int kPieces = kTerms / 8;
  for (int i = threadIdx.x; i < kRows * kPieces; i += kThreads) {
    const int row = i / kPieces, piece = i % kPieces;
    const bool there = block.begin + row < block.end && from + piece * 8 < f.in;
    const int64_t at = there ? f.rows.at(block.begin + row) * f.in + from + piece * 8 : 0;
    copy_async_16(x.piece(row, piece), f.x + at, there);
  }
  const bf16* const matrix = f.w + block.group * out * f.in;
  unsigned char* const place = stage + SharedTile<kTerms>::bytes(kRows);
  if constexpr (kTransposed) {  // [columns, terms]
    const SharedTile<kTerms> w(place);
    for (int i = threadIdx.x; i < kColumns * kPieces; i += kThreads) {
      const int n = i / kPieces, piece = i % kPieces;
      const bool there = column + n < out && from + piece * 8 < f.in;
      const int64_t at = there ? (column + n) * f.in + from + piece * 8 : 0;
      copy_async_16(w.piece(n, piece), matrix + at, there);
    }
  } else {  // [terms, columns]
    const SharedTile<kColumns> w(place);
    constexpr int kAcross = kColumns / 8;
    for (int i = threadIdx.x; i < kTerms * kAcross; i += kThreads) {
      const int k = i / kAcross, piece = i % kAcross;
      const bool there = from + k < f.in && column + piece * 8 < out;
      const int64_t at = there ? (from + k) * out + column + piece * 8 : 0;
      copy_async_16(w.piece(k, piece), matrix + at, there);
    }
  }
}

template <int kRows, bool kTransposed>
__device__ void multiply_tile(unsigned char* stage, WarpTile<kRows>& t) {
  const SharedTile<kTerms> x(stage);
  unsigned char* const place = stage + SharedTile<kTerms>::bytes(kRows);
#pragma unroll
  for (int k = 0; k < kTerms / 16; ++k) {
    FragmentA rows[WarpTile<kRows>::kTilesDown];
    FragmentB columns[WarpTile<kRows>::kTilesAcross];
#pragma unroll
    for (int i = 0; i < WarpTile<kRows>::kTilesDown; ++i) rows[i] = x.a(t.row + 16 * i, 2 * k);
#pragma unroll
    for (int j = 0; j < WarpTile<kRows>::kTilesAcross; j += 2)
      if constexpr (kTransposed)
        SharedTile<kTerms>(place).b_pair(t.column + 8 * j, 2 * k, columns[j], columns[j + 1]);
      else
        SharedTile<kColumns>(place).b_pair_transposed(16 * k, t.column / 8 + j, columns[j],
                                                      columns[j + 1]);
#pragma unroll
    for (int i = 0; i < WarpTile<kRows>::kTilesDown; ++i)
#pragma unroll
      for (int j = 0; j < WarpTile<kRows>::kTilesAcross; ++j) mma(t.sum[i][j], rows[i], columns[j]);
  }
}

// t.sum += the block's rows of x by the expert's matrix.
template <int kRows, bool kTransposed>
__device__ void add_product(const GroupedFactors<bf16>& f, const GroupBlock& block, int64_t out,
                            int64_t column, unsigned char* shared, WarpTile<kRows>& t) {
  const int64_t tiles = (f.in + kTerms - 1) / kTerms;
  const auto stage = [&](int64_t i) { return shared + i % kStages * kStageBytes<kRows>; };
  for (int64_t i = 0; i < kStages - 1; ++i) {
    if (i < tiles) copy_tile<kRows, kTransposed>(f, block, out, column, i * kTerms, stage(i));
    commit_copies();
  }
  for (int64_t i = 0; i < tiles; ++i) {
    wait_for_copies<kStages - 2>();
    __syncthreads();  // tile i is there, and everybody is done with tile i - 1
    const int64_t next = i + kStages - 1;
    if (next < tiles)
      copy_tile<kRows, kTransposed>(f, block, out, column, next * kTerms, stage(next));
    commit_copies();
    multiply_tile<kRows, kTransposed>(stage(i), t);
  }
  wait_for_copies<0>();
  __syncthreads();  // the stages are free for another product
}

template <int kRows, bool kTransposed>
__global__ void __launch_bounds__(kThreads) product_kernel(GroupedProduct<bf16> g) {
  extern __shared__ __align__(128) unsigned char shared[];
  const GroupBlock block = g.blocks.at(blockIdx.y);
  if (block.empty()) return;
  const int64_t column = int64_t{blockIdx.x} * kColumns;
  WarpTile<kRows> t;
  if (g.low_rank.x) {
    add_product<kRows, kTransposed>(g.low_rank, block, g.out, column, shared, t);
#pragma unroll
    for (auto& row : t.sum)
#pragma unroll
      for (FragmentC& c : row)
#pragma unroll
        for (float& x : c.x) x *= g.low_rank_scale;
  }
  add_product<kRows, kTransposed>(g.base, block, g.out, column, shared, t);
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int i = 0; i < WarpTile<kRows>::kTilesDown; ++i)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int64_t p = block.begin + t.row + 16 * i + lane / 4 + 8 * half;
      if (p >= block.end) continue;
      bf16* const to = g.y + g.y_rows.at(p) * g.out;
#pragma unroll
      for (int j = 0; j < WarpTile<kRows>::kTilesAcross; ++j) {
        const int64_t n = column + t.column + 8 * j + lane % 4 * 2;
        if (n >= g.out) continue;
        auto* const pair = reinterpret_cast<uint32_t*>(to + n);
        float low = g.alpha * t.sum[i][j].x[2 * half], high = g.alpha * t.sum[i][j].x[2 * half + 1];
        if (g.beta != 0.f) {
          const uint32_t old = *pair;
          low += g.beta * __uint_as_float(old << 16);
          high += g.beta * __uint_as_float(old & 0xffff0000u);
        }
        *pair = pack_bf16(low, high);
      }
    }
}

}  // namespace hone::kernels::grouped_mma
