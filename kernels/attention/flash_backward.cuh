// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The backward pass on tensor cores: bf16 with f32 sums.
//                                            source: Dao 2023, arXiv:2307.08691 (FlashAttention-2)
//
//   Two kernels, so that every gradient has one owner and no atomics are needed; each computes P and dS
//   again from lse and delta.
//
//   dq      A block of 8 warps takes 128 rows of a head; a warp owns 16 and keeps their dQ in registers,
//           with dS going from the scores' registers straight into the next product.
//   dk, dv  A block of 8 warps takes kKeys = 64 rows of a key head and meets the queries of all its query
//           heads, 64 at a time. First warp (i, j), i < 4, j < 2, computes P^T and dS^T of keys 16 i .. and
//           queries 32 j .. and leaves them in shared memory; then it adds to the columns j D/2 .. of dV and
//           dK of keys 16 i ...
//
//   The next tile is copied while the current one is worked on.
//
//   Where the GPU has asynchronous products, warpgroup_dq.cuh and warpgroup_dk_dv.cuh take head sizes 64,
//   128 and 256 of causal attention.
#pragma once

#include "kernels/attention/flash_forward.cuh"

namespace hone::kernels::flash {

struct BackwardOperands {
  Heads<bf16> q, k, v;
  const bf16* dout;          // [N, H, D]
  const float *lse, *delta;  // [N, H]
  GroupBlocks blocks;        // of kQueries (dq) or kKeys rows (dk, dv)
  int64_t H, group, D;
  float scale, scale_log2;
  int64_t window;
  bf16 *dq, *dk, *dv;
};

constexpr float kLog2E = 1.4426950408889634f;

// Lanes that have a row's pieces of 16 bytes: a power of 2.
template <int kPadded>
constexpr int kRowLanes = kPadded == 96 ? 16 : kPadded / 8;

// delta[i] = do_i . o_i of `rows` contiguous rows of D elements. Grid: kWarps * kWarp / kRowLanes rows
// a block.
template <int kPadded>
__global__ void __launch_bounds__(kWarps* kWarp)
    delta_kernel(const bf16* dout, const bf16* o, int64_t rows, int64_t D, float* delta) {
  constexpr int kLanes = kRowLanes<kPadded>;
  const int64_t row = (int64_t{blockIdx.x} * (kWarps * kWarp) + threadIdx.x) / kLanes;
  const int64_t d = threadIdx.x % kLanes * 8;
  float sum = 0;
  if (row < rows && d < D) {
    const auto x = load<8>(dout + row * D + d), y = load<8>(o + row * D + d);
#pragma unroll
    for (int i = 0; i < 8; ++i) sum += widen(x[i]) * widen(y[i]);
  }
#pragma unroll
  for (int lanes = kLanes / 2; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(~0u, sum, lanes);
  if (row < rows && d == 0) delta[row] = sum;
}

// Rows of keys in a tile of dq: so many that two of each fit beside the queries.
template <int kPadded>
constexpr int kDqKeys = kPadded > 128 ? 32 : 64;

template <int kPadded>
constexpr size_t dq_shared_bytes() {
  return SharedTile<kPadded>::bytes(2 * kQueries + 4 * kDqKeys<kPadded>);
}

// S = A B^T for 16 rows of `a` against the kRows rows of `b`.
template <int kRows, int kPadded>
__device__ void row_products(const SharedTile<kPadded>& a, int a_row, const SharedTile<kPadded>& b,
                             int b_row, FragmentC (&s)[kRows / 8]) {
#pragma unroll
  for (FragmentC& c : s) c = {};
#pragma unroll
  for (int d = 0; d < kPadded / 16; ++d) {
    const FragmentA rows = a.a(a_row, 2 * d);
#pragma unroll
    for (int n = 0; n < kRows / 16; ++n) {
      FragmentB left, right;
      b.b_pair(b_row + 16 * n, 2 * d, left, right);
      mma(s[2 * n], rows, left);
      mma(s[2 * n + 1], rows, right);
    }
  }
}

// Whether `queries` rows from `i` on all lie before `end` and see all of `keys` rows from `j` on; the
// document ends before `last`.
__device__ inline bool sees_all(int64_t i, int64_t queries, int64_t j, int64_t keys, int64_t end,
                                int64_t last, int64_t window) {
  if (window < 0) return i + queries <= end && j + keys <= last;
  return j + keys - 1 <= i && i + queries <= end && (window == 0 || i + queries - 1 - j < window);
}

// The tile's dS, from its scores and dP = dO V^T, for rows group and group + 8 of the warp's 16.
// kWhole: nothing is masked.
template <int kRows, bool kWhole>
__device__ void score_gradients(const BackwardOperands& a, FragmentC (&s)[kRows / 8],
                                const FragmentC (&dp)[kRows / 8], int64_t first_row, int64_t from,
                                int64_t end, int64_t last, const float (&lse)[2],
                                const float (&delta)[2]) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int n = 0; n < kRows / 8; ++n)
#pragma unroll
    for (int x = 0; x < 4; ++x) {
      const int half = x / 2;
      const int64_t i = first_row + lane / 4 + half * 8, j = from + 8 * n + lane % 4 * 2 + x % 2;
      const bool seen =
          kWhole ||
          (i < end && (a.window < 0 ? j < last : j <= i && (a.window == 0 || i - j < a.window)));
      const float p = seen ? exp2f(s[n].x[x] * a.scale_log2 - lse[half]) : 0.f;
      s[n].x[x] = p * (dp[n].x[x] - delta[half]);
    }
}

template <int kPadded>
__global__ void __launch_bounds__(kWarps* kWarp) dq_kernel(BackwardOperands a) {
  using Tile = SharedTile<kPadded>;
  constexpr int kTile = kDqKeys<kPadded>;
  extern __shared__ __align__(128) unsigned char shared[];
  const int64_t h = blockIdx.x;
  const GroupBlock block = a.blocks.at(gridDim.y - 1 - blockIdx.y);
  if (block.empty()) return;
  const Tile q(shared), dout(shared + Tile::bytes(kQueries));
  const auto keys = [&](int64_t t) {
    return Tile(shared + Tile::bytes(2 * kQueries + static_cast<int>(t % 2) * 2 * kTile));
  };
  const auto values = [&](int64_t t) {
    return Tile(shared + Tile::bytes(2 * kQueries + (static_cast<int>(t % 2) * 2 + 1) * kTile));
  };
  const int64_t start = first_tile<kTile>(block, a.window);
  const int64_t tiles = (last_key(block, a.window) - start + kTile - 1) / kTile;
  const auto copy_tile = [&](int64_t t) {
    const int64_t from = start + t * kTile;
    copy_rows<kTile>(keys(t), a.k.at(0, h / a.group), a.k.row_stride, from, block.last, a.D);
    copy_rows<kTile>(values(t), a.v.at(0, h / a.group), a.v.row_stride, from, block.last, a.D);
    commit_copies();
  };
  copy_rows<kQueries>(q, a.q.at(0, h), a.q.row_stride, block.begin, block.end, a.D);
  copy_rows<kQueries>(dout, a.dout + h * a.D, a.H * a.D, block.begin, block.end, a.D);
  copy_tile(0);

  const int lane = threadIdx.x % kWarp, warp_row = threadIdx.x / kWarp * 16;
  const int64_t first_row = block.begin + warp_row;
  float lse[2] = {}, delta[2] = {};
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int64_t row = first_row + lane / 4 + half * 8;
    if (row >= block.end) continue;
    lse[half] = a.lse[row * a.H + h] * kLog2E;
    delta[half] = a.delta[row * a.H + h];
  }
  FragmentC dq[kPadded / 8] = {};
  for (int64_t t = 0; t < tiles; ++t) {
    wait_for_copies<0>();
    __syncthreads();  // the tile is there, and everybody is done with the one before
    if (t + 1 < tiles) copy_tile(t + 1);
    FragmentC s[kTile / 8], dp[kTile / 8];
    row_products<kTile>(q, warp_row, keys(t), 0, s);
    row_products<kTile>(dout, warp_row, values(t), 0, dp);
    const int64_t from = start + t * kTile;
    if (sees_all(first_row, 16, from, kTile, block.end, block.last, a.window))
      score_gradients<kTile, true>(a, s, dp, first_row, from, block.end, block.last, lse, delta);
    else
      score_gradients<kTile, false>(a, s, dp, first_row, from, block.end, block.last, lse, delta);
    const Tile k = keys(t);
#pragma unroll
    for (int n = 0; n < kTile / 16; ++n) {
      const FragmentC &left = s[2 * n], &right = s[2 * n + 1];
      const FragmentA ds = {pack_bf16(left.x[0], left.x[1]), pack_bf16(left.x[2], left.x[3]),
                            pack_bf16(right.x[0], right.x[1]), pack_bf16(right.x[2], right.x[3])};
#pragma unroll
      for (int d = 0; d < kPadded / 16; ++d) {
        FragmentB b0, b1;
        k.b_pair_transposed(16 * n, 2 * d, b0, b1);
        mma(dq[2 * d], ds, b0);
        mma(dq[2 * d + 1], ds, b1);
      }
    }
  }
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int64_t row = first_row + lane / 4 + half * 8;
    if (row >= block.end) continue;
#pragma unroll
    for (int n = 0; n < kPadded / 8; ++n) {
      const int64_t d = 8 * n + lane % 4 * 2;
      if (d < a.D)
        *reinterpret_cast<uint32_t*>(a.dq + (row * a.H + h) * a.D + d) =
            pack_bf16(dq[n].x[2 * half] * a.scale, dq[n].x[2 * half + 1] * a.scale);
    }
  }
}

// Shared memory of dk, dv: keys, values, two stages of queries and their dO, P^T and dS^T, and the two
// numbers of each query.
template <int kPadded>
struct DkDvShared {
  using Tile = SharedTile<kPadded>;
  using Scores = SharedTile<kKeys>;
  static constexpr size_t kRows = Tile::bytes(kKeys);
  static constexpr size_t kScores = 6 * kRows;
  static constexpr size_t kNumbers = kScores + 2 * Scores::bytes(kKeys);
  static constexpr size_t kBytes = kNumbers + 2 * 2 * kKeys * sizeof(float);

  unsigned char* base;
  __device__ Tile keys() const { return Tile(base); }
  __device__ Tile values() const { return Tile(base + kRows); }
  __device__ Tile queries(int64_t t) const { return Tile(base + (2 + t % 2 * 2) * kRows); }
  __device__ Tile dout(int64_t t) const { return Tile(base + (3 + t % 2 * 2) * kRows); }
  __device__ Scores p() const { return Scores(base + kScores); }
  __device__ Scores ds() const { return Scores(base + kScores + Scores::bytes(kKeys)); }
  __device__ float* lse(int64_t t) const {
    return reinterpret_cast<float*>(base + kNumbers) + t % 2 * 2 * kKeys;
  }
  __device__ float* delta(int64_t t) const { return lse(t) + kKeys; }
};

// The tile's P^T and dS^T in shared memory: keys 16 i .., queries 32 j .. by warp (i, j). kWhole:
// nothing is masked.
template <bool kWhole, int kPadded>
__device__ void write_scores(const BackwardOperands& a, const DkDvShared<kPadded>& m,
                             const GroupBlock& block, int64_t t, int64_t from) {
  constexpr int kHalf = kKeys / 2;
  const int lane = threadIdx.x % kWarp, key_row = threadIdx.x / kWarp % 4 * 16;
  const int query_row = threadIdx.x / kWarp / 4 * kHalf;
  FragmentC s[kHalf / 8], dp[kHalf / 8];
  row_products<kHalf>(m.keys(), key_row, m.queries(t), query_row, s);
  row_products<kHalf>(m.values(), key_row, m.dout(t), query_row, dp);
  const float *const lse = m.lse(t), *const delta = m.delta(t);
#pragma unroll
  for (int n = 0; n < kHalf / 8; ++n)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float p[2], ds[2];
      const int column = query_row + 8 * n + lane % 4 * 2, row = key_row + lane / 4 + half * 8;
#pragma unroll
      for (int x = 0; x < 2; ++x) {
        const int64_t i = from + column + x, j = block.begin + row;
        const bool seen =
            kWhole ||
            (i < block.last && (a.window < 0 || (j <= i && (a.window == 0 || i - j < a.window))));
        const float score = s[n].x[2 * half + x];
        p[x] = seen ? exp2f(score * a.scale_log2 - lse[column + x]) : 0.f;
        ds[x] = p[x] * (dp[n].x[2 * half + x] - delta[column + x]);
      }
      const uint32_t offset = static_cast<uint32_t>(lane % 4 * 4);
      asm volatile("st.shared.b32 [%0], %1;" ::"r"(m.p().piece(row, column / 8) + offset),
                   "r"(pack_bf16(p[0], p[1]))
                   : "memory");
      asm volatile("st.shared.b32 [%0], %1;" ::"r"(m.ds().piece(row, column / 8) + offset),
                   "r"(pack_bf16(ds[0], ds[1]))
                   : "memory");
    }
}

// sum += scores^T rows: 16 keys by half of the columns, over the tile's queries.
template <int kPadded>
__device__ void add_products(const SharedTile<kKeys>& scores, const SharedTile<kPadded>& rows,
                             FragmentC (&sum)[kPadded / 16]) {
  const int key_row = threadIdx.x / kWarp % 4 * 16;
  const int first_piece = threadIdx.x / kWarp / 4 * (kPadded / 16);
#pragma unroll
  for (int k = 0; k < kKeys / 16; ++k) {
    const FragmentA f = scores.a(key_row, 2 * k);
#pragma unroll
    for (int n = 0; n < kPadded / 32; ++n) {
      FragmentB left, right;
      rows.b_pair_transposed(16 * k, first_piece + 2 * n, left, right);
      mma(sum[2 * n], f, left);
      mma(sum[2 * n + 1], f, right);
    }
  }
}

template <int kPadded>
__device__ void write_half_rows(const FragmentC (&sum)[kPadded / 16], float factor,
                                const GroupBlock& block, int64_t row_stride, int64_t D, bf16* to) {
  const int lane = threadIdx.x % kWarp, key_row = threadIdx.x / kWarp % 4 * 16;
  const int first_column = threadIdx.x / kWarp / 4 * (kPadded / 2);
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int64_t row = block.begin + key_row + lane / 4 + half * 8;
    if (row >= block.end) continue;
#pragma unroll
    for (int n = 0; n < kPadded / 16; ++n) {
      const int64_t d = first_column + 8 * n + lane % 4 * 2;
      if (d < D)
        *reinterpret_cast<uint32_t*>(to + row * row_stride + d) =
            pack_bf16(sum[n].x[2 * half] * factor, sum[n].x[2 * half + 1] * factor);
    }
  }
}

// Grid: key heads x blocks of keys; the first keys have the most queries and come first.
template <int kPadded>
__global__ void __launch_bounds__(kWarps* kWarp) dk_dv_kernel(BackwardOperands a) {
  extern __shared__ __align__(128) unsigned char shared[];
  const int64_t hk = blockIdx.x, Hk = a.H / a.group;
  const GroupBlock block = a.blocks.at(blockIdx.y);
  if (block.empty()) return;
  const DkDvShared<kPadded> m{shared};
  const int64_t reach = block.end - 1 + a.window;  // the row after the last that sees the block
  const int64_t last = a.window <= 0 || reach > block.last ? block.last : reach;
  const int64_t first = a.window < 0 ? block.first : block.begin;  // row that sees the block
  const int64_t tiles = (last - first + kKeys - 1) / kKeys;        // of one query head
  const auto copy_tile = [&](int64_t t) {
    const int64_t h = hk * a.group + t / tiles, from = first + t % tiles * kKeys;
    copy_rows<kKeys>(m.queries(t), a.q.at(0, h), a.q.row_stride, from, block.last, a.D);
    copy_rows<kKeys>(m.dout(t), a.dout + h * a.D, a.H * a.D, from, block.last, a.D);
    commit_copies();
    if (threadIdx.x < kKeys) {
      // Queries behind the end get numbers too: 0 times what shared memory held may be NaN.
      const bool there = from + threadIdx.x < block.last;
      const int64_t at = (from + threadIdx.x) * a.H + h;
      m.lse(t)[threadIdx.x] = there ? a.lse[at] * kLog2E : 0.f;
      m.delta(t)[threadIdx.x] = there ? a.delta[at] : 0.f;
    }
  };
  copy_rows<kKeys>(m.keys(), a.k.at(0, hk), a.k.row_stride, block.begin, block.end, a.D);
  copy_rows<kKeys>(m.values(), a.v.at(0, hk), a.v.row_stride, block.begin, block.end, a.D);
  copy_tile(0);
  FragmentC dk[kPadded / 16] = {}, dv[kPadded / 16] = {};
  for (int64_t t = 0; t < tiles * a.group; ++t) {
    wait_for_copies<0>();
    __syncthreads();  // the tile is there, and everybody is done with the one before
    if (t + 1 < tiles * a.group) copy_tile(t + 1);
    const int64_t from = first + t % tiles * kKeys;
    if (sees_all(from, kKeys, block.begin, kKeys, block.last, block.last, a.window))
      write_scores<true>(a, m, block, t, from);
    else
      write_scores<false>(a, m, block, t, from);
    __syncthreads();  // all of P^T and dS^T is there
    add_products<kPadded>(m.p(), m.dout(t), dv);
    add_products<kPadded>(m.ds(), m.queries(t), dk);
  }
  write_half_rows<kPadded>(dk, a.scale, block, Hk * a.D, a.D, a.dk + hk * a.D);
  write_half_rows<kPadded>(dv, 1.f, block, Hk * a.D, a.D, a.dv + hk * a.D);
}

}  // namespace hone::kernels::flash
