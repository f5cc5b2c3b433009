// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The forward pass with the tensor cores' asynchronous products (warpgroup_common.cuh).
//
//   As flash_forward.cuh: a block has kQueries = 128 rows of one head and visits the same tiles of keys.
//   Here a warpgroup owns 64 rows. The exponentials of a tile run while the tensor cores add the tile
//   before it to the output:
//
//     S1 = Q K1^T and O += P0 V0 are queued | exponentials of S1 | P1 | S2 = Q K2^T and O += P1 V1 ...
//
//   Shared memory at head size 256: Q 64 KiB, two tiles each of keys and values 32 KiB each, 192 in all.
#pragma once

#include "kernels/attention/warpgroup_common.cuh"

namespace hone::kernels::flash {

template <int kD>
struct ForwardWarpgroupShared {
  using Queries = PanelTile<kQueries, kD>;
  using Keys = PanelTile<kKeys, kD>;
  static constexpr size_t kRings = Queries::kBytes + 4 * Keys::kBytes;
  static constexpr size_t kBytes = kRings + 2 * Ring<2>::kBytes + 1024;

  unsigned char* base;
  __device__ Queries q() const { return Queries(base); }
  __device__ Keys k(int tile) const {
    return Keys(base + Queries::kBytes + tile % 2 * Keys::kBytes);
  }
  __device__ Keys v(int tile) const {
    return Keys(base + Queries::kBytes + (2 + tile % 2) * Keys::kBytes);
  }
  __device__ Ring<2> key_ring() const { return {shared_address(base + kRings)}; }
  __device__ Ring<2> value_ring() const {
    return {shared_address(base + kRings + Ring<2>::kBytes)};
  }
};

// Keys by the first half of the threads, values by the second.
template <int kD>
__device__ void copy_for_forward(const ForwardOperands& a, const ForwardWarpgroupShared<kD>& m,
                                 const GroupBlock& block, const KeyTiles& tiles, int64_t h) {
  const int64_t hk = static_cast<uint32_t>(h) / static_cast<uint32_t>(a.group);
  if (threadIdx.x % kGroupThreads < kCopyThreads)
    fill_ring(
        m.key_ring(), [&](int t) { return m.k(t); }, a.k, hk, tiles, block.last);
  else
    fill_ring(
        m.value_ring(), [&](int t) { return m.v(t); }, a.v, hk, tiles, block.last);
}

// The 64 queries of the calling warpgroup, number `group` of two.
template <int kD>
__device__ void collect_output(const ForwardOperands& a, const ForwardWarpgroupShared<kD>& m,
                               const GroupBlock& block, const KeyTiles& all, int64_t h, int group) {
  const int group_row = group * 64, warp_row = group_row + threadIdx.x / kWarp % kGroupWarps * 16;
  const int64_t first_row = block.begin + warp_row;
  const int rows = static_cast<int>(block.end - block.begin);
  copy_head_rows<64, kGroupThreads>(
      m.q(), group_row, {a.q.at(block.begin + group_row, h), a.q.row_stride, rows - group_row});
  wait_for_own_rows(group);
  const int tiles = all.seen_from(block.begin + group_row);
  FragmentC o[kD / 64][8] = {};
  FragmentA p[kKeys / 16] = {};
  Softmax state;
  for (int t = 0; t < tiles; ++t) {
    FragmentC s[kKeys / 8];
    m.key_ring().wait_until_filled(t);
    queue_scores<kD>(m.q(), m.k(t), group_row, s);
    if (t > 0) {
      m.value_ring().wait_until_filled(t - 1);
      queue_values<kD>(p, m.v(t - 1), o);
      wait_for_products<1>();
    } else {
      wait_for_products<0>();
    }
    m.key_ring().signal_free(t);
    const int64_t from = all.at(t);
    const bool whole =
        from + kKeys - 1 <= first_row && (a.window == 0 || first_row + 15 - from < a.window);
    if (!whole) mask(s, first_row, from, block.last, a.window);
    const Rescale by = softmax_tile(s, a.scale_log2, state);
    wait_for_products<0>();
    if (t > 0) m.value_ring().signal_free(t - 1);
#pragma unroll
    for (auto& panel : o) rescale(panel, by);
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k) {
      const FragmentC &left = s[2 * k], &right = s[2 * k + 1];
      p[k] = {pack_bf16(left.x[0], left.x[1]), pack_bf16(left.x[2], left.x[3]),
              pack_bf16(right.x[0], right.x[1]), pack_bf16(right.x[2], right.x[3])};
    }
  }
  m.value_ring().wait_until_filled(tiles - 1);
  queue_values<kD>(p, m.v(tiles - 1), o);
  wait_for_products<0>();
  const Rescale inverse = finish_softmax(a, h, first_row, block.end, state);
  write_rows<kD>(o, inverse.keep, group, m.q(), warp_row, a.o + (first_row * a.H + h) * kD,
                 a.H * kD, rows - warp_row);
}

// Grid: heads x blocks, the last rows first: they have the most to do.
template <int kD>
__global__ void __launch_bounds__(kRoleThreads, 1) warpgroup_forward_kernel(ForwardOperands a) {
  if constexpr (kWarpgroupProducts) {
    extern __shared__ __align__(128) unsigned char shared[];
    const int64_t h = blockIdx.x;
    const GroupBlock block = a.blocks.at(gridDim.y - 1 - blockIdx.y);
    if (block.empty()) return;
    const ForwardWarpgroupShared<kD> m{aligned_to_1024(shared)};
    const KeyTiles tiles(block, a.window);
    if (threadIdx.x == 0) {
      m.key_ring().init(kCopyWarps, 2 * kGroupWarps);
      m.value_ring().init(kCopyWarps, 2 * kGroupWarps);
    }
    __syncthreads();
    const int role = threadIdx.x / kGroupThreads;
    if (role == 2) {
      give_registers_back<40>();
      copy_for_forward(a, m, block, tiles, h);
    } else {
      take_registers<product_registers(40)>();
      collect_output(a, m, block, tiles, h, role);
    }
  }
}

}  // namespace hone::kernels::flash
