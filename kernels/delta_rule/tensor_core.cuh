// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the stages of the chunked delta rule on tensor cores share. The letters are those of
// delta_rule.h. bf16 operands, f32 sums; decays, their sums and the inverse Tm in f32.
//
//   One kernel family per stage, each over all chunks at once but for chunk_state, which walks a
//   document's chunks in order:
//
//     chunk_local    K, V, beta, g      -> gamma, U, W          (chunk, value head)
//     chunk_state    U, W, K, gamma     -> S before each chunk, V'   (document, value head, columns)
//     chunk_output   Q, K, S, V', gamma -> O                    (chunk, value head)
#pragma once

#include "kernels/core/cuda/async_copy.cuh"
#include "kernels/core/cuda/heads.cuh"
#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/mma.cuh"
#include "kernels/core/cuda/row_blocks.cuh"
#include "kernels/delta_rule/chunk_inverse.cuh"

namespace hone::kernels::delta {

constexpr int kThreads = 256;
constexpr int kPadded = kChunk + 1;  // columns of f32 squares: neighbours down lie in other banks

// The operands of all stages. Chunks are the 64-row blocks of the documents, numbered in order.
struct Operands {
  Heads<bf16> q, k, v;
  const float *g, *beta;       // [N, Hv]
  GroupBlocks chunks;          // of kChunk rows
  const float* initial_state;  // [documents, Hv, Dk, Dv] or null
  int64_t N, Hv, G, Dk, Dv;
  float query_scale;
  // between the stages
  float* gamma;  // [N, Hv]
  bf16 *U, *Vn;  // [N, Hv, Dv]
  bf16* W;       // [N, Hv, Dk]
  bf16* Tm;      // [N, Hv, 64], for backward only: else null
  bf16* P;       // of the warpgroup kernels only (warpgroup_tiles.cuh)
  bf16* states;  // [chunks, Hv, Dk, Dv]
  // results
  bf16* o;             // [N, Hv, Dv]
  float* final_state;  // [documents, Hv, Dk, Dv] or null

  __device__ int64_t row(int64_t t, int64_t h) const { return t * Hv + h; }
};

// Copies `rows` rows of a matrix, row_stride elements apart, into a tile; rows from `there` on become 0.
template <int kRows, int kColumns>
__device__ void copy_tile(const SharedTile<kColumns>& tile, const bf16* from, int64_t row_stride,
                          int64_t there) {
  constexpr int kPieces = SharedTile<kColumns>::kPieces;
  for (int i = threadIdx.x; i < kRows * kPieces; i += kThreads) {
    const int row = i / kPieces, piece = i % kPieces;
    const bool inside = row < there;
    copy_async_16(tile.piece(row, piece), from + (inside ? row * row_stride + piece * 8 : 0),
                  inside);
  }
}

// Two neighbouring elements of a tile.
template <int kColumns>
__device__ void store_pair(const SharedTile<kColumns>& tile, int row, int column, float low,
                           float high) {
  asm volatile("st.shared.b32 [%0], %1;" ::"r"(tile.piece(row, column / 8) +
                                               static_cast<uint32_t>(column % 8 * 2)),
               "r"(pack_bf16(low, high))
               : "memory");
}

// The rows of a C fragment whose tile begins at `row`, and its columns: f(row, column, c.x[x], c.x[x + 1]).
template <class F>
__device__ void for_pairs(const FragmentC& c, int row, int column, F&& f) {
  const int lane = threadIdx.x % 32;
  f(row + lane / 4, column + lane % 4 * 2, c.x[0], c.x[1]);
  f(row + lane / 4 + 8, column + lane % 4 * 2, c.x[2], c.x[3]);
}

// sum[j] += a[row .., 16 terms each] b, for the 16 rows at `row` and columns [column, column + 8 kTiles):
// b's rows are the terms.
template <int kTerms, int kTiles, int kA, int kB>
__device__ void add_rows_by_rows(const SharedTile<kA>& a, int row, const SharedTile<kB>& b,
                                 int column, FragmentC (&sum)[kTiles]) {
#pragma unroll
  for (int k = 0; k < kTerms; k += 16) {
    const FragmentA f = a.a(row, k / 8);
#pragma unroll
    for (int j = 0; j < kTiles; j += 2) {
      FragmentB left, right;
      b.b_pair_transposed(k, column / 8 + j, left, right);
      mma(sum[j], f, left);
      mma(sum[j + 1], f, right);
    }
  }
}

// The same with b's columns as the terms: sum += a b^T, b's rows [column, column + 8 kTiles).
template <int kTerms, int kTiles, int kA, int kB>
__device__ void add_rows_by_columns(const SharedTile<kA>& a, int row, const SharedTile<kB>& b,
                                    int column, FragmentC (&sum)[kTiles]) {
#pragma unroll
  for (int k = 0; k < kTerms; k += 16) {
    const FragmentA f = a.a(row, k / 8);
#pragma unroll
    for (int j = 0; j < kTiles; j += 2) {
      FragmentB left, right;
      b.b_pair(column + 8 * j, k / 8, left, right);
      mma(sum[j], f, left);
      mma(sum[j + 1], f, right);
    }
  }
}

// The same with a transposed: sum += a^T b, a's columns [row, row + 16).
template <int kTerms, int kTiles, int kA, int kB>
__device__ void add_columns_by_rows(const SharedTile<kA>& a, int row, const SharedTile<kB>& b,
                                    int column, FragmentC (&sum)[kTiles]) {
#pragma unroll
  for (int k = 0; k < kTerms; k += 16) {
    const FragmentA f = a.a_transposed(k, row / 8);
#pragma unroll
    for (int j = 0; j < kTiles; j += 2) {
      FragmentB left, right;
      b.b_pair_transposed(k, column / 8 + j, left, right);
      mma(sum[j], f, left);
      mma(sum[j + 1], f, right);
    }
  }
}

}  // namespace hone::kernels::delta
