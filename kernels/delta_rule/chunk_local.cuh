// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Stage 1: what a chunk writes, as if the state before it were zero (U), and how much of that state each
// row takes back (W).
//
//   A = StrictLower(diag(beta) (K K^T) * Gamma)      Tm = (I + A)^-1
//   U = Tm diag(beta) V                              W  = Tm diag(beta e^gamma) K
#pragma once

#include "kernels/delta_rule/chunk_inverse.cuh"
#include "kernels/delta_rule/tensor_core.cuh"

namespace hone::kernels::delta {

// gamma of a chunk: running sums of g, by the first two warps. To be called by the whole block.
__device__ inline void running_sums(const float* g, float* gamma) {
  const int lane = threadIdx.x % 32;
  float sum = 0;
  if (threadIdx.x < kChunk) {
    sum = g[threadIdx.x];
#pragma unroll
    for (int offset = 1; offset < 32; offset *= 2) {
      const float before = __shfl_up_sync(~0u, sum, offset);
      if (lane >= offset) sum += before;
    }
    gamma[threadIdx.x] = sum;
  }
  __syncthreads();  // the sums of both halves are there
  const float half = gamma[31];
  __syncthreads();  // everybody has read it
  if (threadIdx.x >= 32 && threadIdx.x < kChunk) gamma[threadIdx.x] = sum + half;
  __syncthreads();  // gamma is complete
}

// f32 numbers of a chunk, and A, which becomes Tm.
struct LocalNumbers {
  float gamma[kChunk], beta[kChunk], g[kChunk];
  float square[kChunk * kSquareRow];
};

template <int kDk, int kDv>
struct LocalShared {
  static constexpr size_t kK = 0;
  static constexpr size_t kV = SharedTile<kDk>::bytes(kChunk);
  static constexpr size_t kScores = kV + SharedTile<kDv>::bytes(kChunk);
  static constexpr size_t kNumbers = kScores + SharedTile<kChunk>::bytes(kChunk);
  static constexpr size_t kBytes = kNumbers + sizeof(LocalNumbers);
};

// Reads beta and g of the chunk's rows (0 beyond the last) and sums g up.
__device__ inline void load_gates(const Operands& o, const GroupBlock& chunk, int64_t h,
                                  LocalNumbers& m) {
  if (threadIdx.x < kChunk) {
    const bool there = chunk.begin + threadIdx.x < chunk.end;
    const int64_t at = o.row(chunk.begin + threadIdx.x, h);
    m.g[threadIdx.x] = there ? o.g[at] : 0.f;
    m.beta[threadIdx.x] = there ? o.beta[at] : 0.f;
  }
  __syncthreads();  // the gates are there
  running_sums(m.g, m.gamma);
}

// A and Tm from the keys. Warp (i, j), i < 4, j < 2, has rows 16 i .. and columns 32 j ...
template <int kDk>
__device__ void make_inverse(const SharedTile<kDk>& k, LocalNumbers& m) {
  const int row = threadIdx.x / 32 % 4 * 16, column = threadIdx.x / 32 / 4 * 32;
  FragmentC s[4] = {};
  add_rows_by_columns<kDk>(k, row, k, column, s);
#pragma unroll
  for (int j = 0; j < 4; ++j)
    for_pairs(s[j], row, column + 8 * j, [&](int i, int c, float low, float high) {
      // The exponent is masked before exp: above the diagonal it could overflow.
      m.square[i * kSquareRow + c] =
          c < i ? m.beta[i] * low * __expf(m.gamma[i] - m.gamma[c]) : 0.f;
      m.square[i * kSquareRow + c + 1] =
          c + 1 < i ? m.beta[i] * high * __expf(m.gamma[i] - m.gamma[c + 1]) : 0.f;
    });
  __syncthreads();  // A is complete
  invert<kThreads>(m.square);
}

// The tile = Tm with column j times factor(j), rounded.
template <class F>
__device__ void scaled_inverse(const LocalNumbers& m, const SharedTile<kChunk>& tile, F factor) {
  for (int i = threadIdx.x; i < kChunk * kChunk / 2; i += kThreads) {
    const int row = i / (kChunk / 2), c = i % (kChunk / 2) * 2;
    store_pair(tile, row, c, m.square[row * kSquareRow + c] * factor(c),
               m.square[row * kSquareRow + c + 1] * factor(c + 1));
  }
  __syncthreads();  // the tile is there
}

// to[row, :] = weights rows, for the chunk's rows; a warp has 16 rows and half of the columns.
template <int kD>
__device__ void write_weighted_rows(const SharedTile<kChunk>& weights, const SharedTile<kD>& rows,
                                    const Operands& o, const GroupBlock& chunk, int64_t h,
                                    bf16* to) {
  constexpr int kTiles = kD / 16;
  const int row = threadIdx.x / 32 % 4 * 16, column = threadIdx.x / 32 / 4 * (kD / 2);
  FragmentC sum[kTiles] = {};
  add_rows_by_rows<kChunk>(weights, row, rows, column, sum);
#pragma unroll
  for (int j = 0; j < kTiles; ++j)
    for_pairs(sum[j], row, column + 8 * j, [&](int i, int c, float low, float high) {
      if (chunk.begin + i < chunk.end)
        *reinterpret_cast<uint32_t*>(to + o.row(chunk.begin + i, h) * kD + c) =
            pack_bf16(low, high);
    });
}

// Grid: value heads x chunks.
template <int kDk, int kDv>
__global__ void __launch_bounds__(kThreads) chunk_local_kernel(Operands o) {
  using Shared = LocalShared<kDk, kDv>;
  extern __shared__ __align__(128) unsigned char shared[];
  const GroupBlock chunk = o.chunks.at(blockIdx.y);
  if (chunk.empty()) return;
  const int64_t h = blockIdx.x, rows = chunk.end - chunk.begin;
  const SharedTile<kDk> k(shared + Shared::kK);
  const SharedTile<kDv> v(shared + Shared::kV);
  const SharedTile<kChunk> weights(shared + Shared::kScores);
  auto& m = *reinterpret_cast<LocalNumbers*>(shared + Shared::kNumbers);
  copy_tile<kChunk>(k, o.k.at(chunk.begin, h / o.G), o.k.row_stride, rows);
  copy_tile<kChunk>(v, o.v.at(chunk.begin, h), o.v.row_stride, rows);
  commit_copies();
  load_gates(o, chunk, h, m);
  if (threadIdx.x < rows) o.gamma[o.row(chunk.begin + threadIdx.x, h)] = m.gamma[threadIdx.x];
  wait_for_copies<0>();
  __syncthreads();  // the tiles are there
  make_inverse(k, m);
  if (o.Tm) {
    for (int i = threadIdx.x; i < rows * kChunk / 2; i += kThreads) {
      const int row = i / (kChunk / 2), c = i % (kChunk / 2) * 2;
      *reinterpret_cast<uint32_t*>(o.Tm + o.row(chunk.begin + row, h) * kChunk + c) =
          pack_bf16(m.square[row * kSquareRow + c], m.square[row * kSquareRow + c + 1]);
    }
  }
  scaled_inverse(m, weights, [&](int j) { return m.beta[j]; });
  write_weighted_rows(weights, v, o, chunk, h, o.U);
  __syncthreads();  // everybody is done with the weights
  scaled_inverse(m, weights, [&](int j) { return m.beta[j] * __expf(m.gamma[j]); });
  write_weighted_rows(weights, k, o, chunk, h, o.W);
}

}  // namespace hone::kernels::delta
