// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Attention with the tensor cores' asynchronous products, head sizes 64, 128 and 256: what its kernels,
// warpgroup_forward.cuh, warpgroup_dq.cuh and warpgroup_dk_dv.cuh, have in common.
//                                            source: Shah et al. 2024, arXiv:2407.08608 (FlashAttention-3)
//
//   A block has three warpgroups. One only copies the tiles that the other two meet, and gives its
//   registers to them. These two run out of step: while one computes exponentials, products of the
//   other keep the tensor cores busy. Each first copies the rows that it alone reads, and in the end
//   its results go through their place in shared memory, to be written in whole rows.
#pragma once

#include "kernels/attention/flash_forward.cuh"
#include "kernels/attention/warp_roles.cuh"
#include "kernels/core/cuda/ftz.cuh"
#include "kernels/core/cuda/wgmma.cuh"

namespace hone::kernels::flash {

constexpr int kGroupWarps = 4;
constexpr int kGroupThreads = kGroupWarps * kWarp;
constexpr int kRoleThreads = 3 * kGroupThreads;
// The compiler gives each thread of three warpgroups 168 registers; what the copying one leaves of its
// own, the other two share.
constexpr int product_registers(int copy_registers) { return (3 * 168 - copy_registers) / 2; }
// The copying warpgroup fills two rings, one with each half.
constexpr int kCopyThreads = kGroupThreads / 2;
constexpr int kCopyWarps = kGroupWarps / 2;

__device__ inline unsigned char* aligned_to_1024(unsigned char* p) {
  return p + (1024 - shared_address(p) % 1024) % 1024;
}

// Rows of a head: the first and how many there are.
struct HeadRows {
  const bf16* from;
  int64_t stride;
  int count;
};

// As copy_rows, into rows [first_row, first_row + kCount) of a tile and by kThreads threads, with few
// registers; rows that are not there become 0.
template <int kCount, int kThreads, int kRows, int kD>
__device__ void copy_head_rows(const PanelTile<kRows, kD>& tile, int first_row, HeadRows rows) {
  constexpr int kPieces = kD / 8, kStep = kThreads / kPieces, kTurn = kStep < 8 ? 8 : kStep;
  const int thread = threadIdx.x % kThreads, piece = thread % kPieces, first = thread / kPieces;
  rows.from += first * rows.stride + piece * 8;
  rows.stride *= kStep;
  rows.count -= first;
  uint32_t place = tile.piece(first_row + first, piece);
#pragma unroll 1
  for (int turn = 0; turn < kCount; turn += kTurn) {
#pragma unroll
    for (int row = 0; row < kTurn; row += kStep) {  // `first` and `row` have no bit in common
      copy_async_16((place ^ row * 16) + row * 128, rows.from, row < rows.count);
      rows.from += rows.stride;
    }
    place += kTurn * 128;
    rows.count -= kTurn;
  }
}

// Rows that only the calling warpgroup, number `group`, reads are there after this.
__device__ inline void wait_for_own_rows(int group) {
  commit_copies();
  wait_for_copies<0>();
  fence_shared();
  sync_warpgroup(group);
}

// Tiles of keys that a block's queries see.
struct KeyTiles {
  int64_t begin;
  int count;

  __device__ KeyTiles(const GroupBlock& block, int64_t window)
      : begin(block.first_tile(kKeys, window)),
        count(static_cast<int>((block.end - begin + kKeys - 1) / kKeys)) {}
  // Of the 64 rows from `first_row` on: the first half of a block does not see the last tile.
  __device__ int seen_from(int64_t first_row) const {
    return at(count - 1) < first_row + 64 ? count : count - 1;
  }
  __device__ int64_t at(int tile) const { return begin + int64_t{tile} * kKeys; }
};

// Fills a ring with these tiles of a head of K or V, by kCopyThreads threads.
template <int kStages, class TileAt>
__device__ void fill_ring(const Ring<kStages>& ring, const TileAt& tile_at, const Heads<bf16>& keys,
                          int64_t hk, const KeyTiles& tiles, int64_t last) {
  for (int t = 0; t < tiles.count; ++t) {
    const int64_t from = tiles.at(t);
    ring.wait_until_free(t);
    copy_head_rows<kKeys, kCopyThreads>(
        tile_at(t), 0, {keys.at(from, hk), keys.row_stride, static_cast<int>(last - from)});
    commit_copies();
    wait_for_copies<0>();
    fence_shared();
    ring.signal_filled(t);
  }
}

// S = Q K^T is queued, for the warpgroup's 64 rows at `row`.
template <int kD, int kRows>
__device__ void queue_scores(const PanelTile<kRows, kD>& q, const PanelTile<kKeys, kD>& k, int row,
                             FragmentC (&s)[kKeys / 8]) {
  fence_products();
#pragma unroll
  for (int d = 0; d < kD; d += 16)
    if (d == 0)
      warpgroup_mma<false, false>(s, q.along_rows(row, d), k.along_rows(0, d));
    else
      warpgroup_mma<false>(s, q.along_rows(row, d), k.along_rows(0, d));
  commit_products();
}

// O += P V is queued; o: panels of 64 columns.
template <int kD>
__device__ void queue_values(const FragmentA (&p)[kKeys / 16], const PanelTile<kKeys, kD>& v,
                             FragmentC (&o)[kD / 64][8]) {
  fence_products();
#pragma unroll
  for (int k = 0; k < kKeys; k += 16)
#pragma unroll
    for (int panel = 0; panel < kD / 64; ++panel)
      warpgroup_mma<true>(o[panel], p[k / 16], v.down_columns(k, panel * 64));
  commit_products();
}

// Four 8 x 8 matrices to shared memory: lane i gives the address of row i % 8 of matrix i / 8.
__device__ inline void store_matrices(uint32_t address, const FragmentA& f) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address),
               "r"(f.x[0]), "r"(f.x[1]), "r"(f.x[2]), "r"(f.x[3])
               : "memory");
}

// A warp's 16 rows of sums, rows group and group + 8 times their factors, to the first `count` rows at
// `to`. They pass through rows [row, row + 16) of `tile`, which only the calling warpgroup, number
// `number`, has read. By all of its warps.
template <int kD, int kRows>
__device__ void write_rows(const FragmentC (&sum)[kD / 64][8], const float (&factor)[2], int number,
                           const PanelTile<kRows, kD>& tile, int row, bf16* to, int64_t stride,
                           int count) {
  constexpr int kPieces = kD / 8, kStep = kWarp / kPieces;
  const int lane = threadIdx.x % kWarp;
  sync_warpgroup(number);  // all products of the warpgroup are done
#pragma unroll
  for (int n = 0; n < kPieces; n += 2) {
    const FragmentC &left = sum[n / 8][n % 8], &right = sum[n / 8][n % 8 + 1];
    store_matrices(tile.piece(row + lane % 16, n + lane / 16),
                   {pack_bf16(left.x[0] * factor[0], left.x[1] * factor[0]),
                    pack_bf16(left.x[2] * factor[1], left.x[3] * factor[1]),
                    pack_bf16(right.x[0] * factor[0], right.x[1] * factor[0]),
                    pack_bf16(right.x[2] * factor[1], right.x[3] * factor[1])});
  }
  __syncwarp();
  const int piece = lane % kPieces;
#pragma unroll
  for (int i = 0; i < 16; i += kStep) {
    const int r = i + lane / kPieces;
    if (r < count)
      *reinterpret_cast<uint4*>(to + r * stride + piece * 8) =
          *static_cast<const uint4*>(__cvta_shared_to_generic(tile.piece(row + r, piece)));
  }
}

}  // namespace hone::kernels::flash
