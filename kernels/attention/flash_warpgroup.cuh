// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The forward pass with the tensor cores' asynchronous products, head sizes 64, 128 and 256.
//                                            source: Shah et al. 2024, arXiv:2407.08608 (FlashAttention-3)
//
//   As flash_forward.cuh: a block has kQueries rows of one head and visits the same tiles of keys.
//   Here a warpgroup owns 64 rows. The exponentials of a tile run while the tensor cores add the tile
//   before it to the output:
//
//     S1 = Q K1^T and O += P0 V0 are queued | exponentials of S1 | P1 | S2 = Q K2^T and O += P1 V1 ...
//
//   Keys and values have two buffers each, filled a tile ahead.
#pragma once

#include "kernels/attention/flash_forward.cuh"
#include "kernels/core/cuda/wgmma.cuh"

namespace hone::kernels::flash {

constexpr int kGroupWarps = 4;

template <int kD>
struct WarpgroupShared {
  using Queries = PanelTile<kQueries, kD>;
  using Keys = PanelTile<kKeys, kD>;
  static constexpr size_t kAlignment = 1024;
  static constexpr size_t kBytes = Queries::kBytes + 4 * Keys::kBytes + kAlignment;

  unsigned char* base;
  __device__ explicit WarpgroupShared(unsigned char* p)
      : base(p + (kAlignment - shared_address(p) % kAlignment) % kAlignment) {}
  __device__ Queries q() const { return Queries(base); }
  __device__ Keys k(int64_t tile) const {
    return Keys(base + Queries::kBytes + tile % 2 * Keys::kBytes);
  }
  __device__ Keys v(int64_t tile) const {
    return Keys(base + Queries::kBytes + (2 + tile % 2) * Keys::kBytes);
  }
};

// S = Q K^T is queued, for the warpgroup's 64 rows at `row`.
template <int kD>
__device__ void queue_scores(const PanelTile<kQueries, kD>& q, const PanelTile<kKeys, kD>& k,
                             int row, FragmentC (&s)[kKeys / 8]) {
  fence_products();
#pragma unroll
  for (int d = 0; d < kD; d += 16)
    warpgroup_mma<false>(s, q.along_rows(row, d), k.along_rows(0, d), d > 0);
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

// Grid: heads x blocks, the last rows first: they have the most to do.
template <int kD>
__global__ void __launch_bounds__(kWarps* kWarp, 1) warpgroup_forward_kernel(ForwardOperands a) {
  static_assert(kKeys == 64 && kQueries == 64 * kWarps / kGroupWarps);
  extern __shared__ __align__(128) unsigned char shared[];
  const int64_t h = blockIdx.x;
  const GroupBlock block = a.blocks.at(gridDim.y - 1 - blockIdx.y);
  if (block.empty()) return;
  const WarpgroupShared<kD> m(shared);
  const bf16 *const keys = a.k.at(0, h / a.group), *const values = a.v.at(0, h / a.group);
  const int64_t start = block.first_tile(kKeys, a.window);
  const int64_t tiles = (block.end - start + kKeys - 1) / kKeys;
  const int group_row = threadIdx.x / (kGroupWarps * kWarp) * 64;
  const int64_t first_row = block.begin + threadIdx.x / kWarp * 16;

  copy_rows<kQueries>(m.q(), a.q.at(0, h), a.q.row_stride, block.begin, block.end, kD);
  copy_rows<kKeys>(m.k(0), keys, a.k.row_stride, start, block.last, kD);
  commit_copies();
  FragmentC o[kD / 64][8] = {}, s[kKeys / 8] = {};
  FragmentA p[kKeys / 16] = {};
  Softmax state;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t from = start + tile * kKeys;
    wait_for_copies<0>();
    fence_shared();
    __syncthreads();  // keys of this tile and values of the one before are there; both others are free
    if (tile + 1 < tiles)
      copy_rows<kKeys>(m.k(tile + 1), keys, a.k.row_stride, from + kKeys, block.last, kD);
    copy_rows<kKeys>(m.v(tile), values, a.v.row_stride, from, block.last, kD);
    commit_copies();
    queue_scores<kD>(m.q(), m.k(tile), group_row, s);
    if (tile > 0) {
      queue_values<kD>(p, m.v(tile - 1), o);
      wait_for_products<1>();
    } else {
      wait_for_products<0>();
    }
    const bool whole =
        from + kKeys - 1 <= first_row && (a.window == 0 || first_row + 15 - from < a.window);
    if (!whole) mask(s, first_row, from, a.window);
    const Rescale by = softmax_tile(s, a.scale_log2, state);
    wait_for_products<0>();
#pragma unroll
    for (auto& panel : o) rescale(panel, by);
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k) {
      const FragmentC &left = s[2 * k], &right = s[2 * k + 1];
      p[k] = {pack_bf16(left.x[0], left.x[1]), pack_bf16(left.x[2], left.x[3]),
              pack_bf16(right.x[0], right.x[1]), pack_bf16(right.x[2], right.x[3])};
    }
  }
  wait_for_copies<0>();
  fence_shared();
  __syncthreads();  // the last values are there
  queue_values<kD>(p, m.v(tiles - 1), o);
  wait_for_products<0>();
  write_output<kD>(a, block, h, first_row, reinterpret_cast<FragmentC(&)[kD / 8]>(o), state);
}

}  // namespace hone::kernels::flash
