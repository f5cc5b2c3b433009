// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// dQ with the tensor cores' asynchronous products (warpgroup_common.cuh).
//
//   A block has kQueries = 128 rows of one head, a warpgroup 64 of them with their dQ in registers. For
//   tile t of keys a warpgroup queues
//
//     dQ += dS K of tile t - 1 | S = Q K^T | dP = dO V^T
//
//   and takes the exponentials of S while dP is computed. dS goes from registers into its product.
//
//   Shared memory at head size 256: Q and dO 64 KiB each, two tiles of keys and one of values 32 KiB
//   each, 224 in all. Values are needed for one product only, so one tile is enough: the next is copied
//   during the other two.
#pragma once

#include "kernels/attention/flash_backward.cuh"
#include "kernels/attention/warpgroup_common.cuh"

namespace hone::kernels::flash {

template <int kD>
struct DqWarpgroupShared {
  using Queries = PanelTile<kQueries, kD>;
  using Keys = PanelTile<kKeys, kD>;
  using KeyRing = Ring<2>;
  using ValueRing = Ring<1>;
  static constexpr size_t kTiles = 2 * Queries::kBytes;
  static constexpr size_t kRings = kTiles + 3 * Keys::kBytes;
  static constexpr size_t kBytes = kRings + KeyRing::kBytes + ValueRing::kBytes + 1024;

  unsigned char* base;
  __device__ Queries q() const { return Queries(base); }
  __device__ Queries dout() const { return Queries(base + Queries::kBytes); }
  __device__ Keys k(int tile) const { return Keys(base + kTiles + tile % 2 * Keys::kBytes); }
  __device__ Keys v() const { return Keys(base + kTiles + 2 * Keys::kBytes); }
  __device__ KeyRing key_ring() const { return {shared_address(base + kRings)}; }
  __device__ ValueRing value_ring() const {
    return {shared_address(base + kRings + KeyRing::kBytes)};
  }
};

// Keys by the first half of the threads, values by the second.
template <int kD>
__device__ void copy_for_dq(const BackwardOperands& a, const DqWarpgroupShared<kD>& m,
                            const GroupBlock& block, const KeyTiles& tiles, int64_t h) {
  const int64_t hk = h / a.group;
  if (threadIdx.x % kGroupThreads < kCopyThreads)
    fill_ring(
        m.key_ring(), [&](int t) { return m.k(t); }, a.k, hk, tiles, block.last);
  else
    fill_ring(
        m.value_ring(), [&](int) { return m.v(); }, a.v, hk, tiles, block.last);
}

// P of a tile from its scores: rows group and group + 8 of the warp's 16. `ahead`: the first of these
// rows minus the tile's first key.
template <bool kWhole>
__device__ void probabilities(FragmentC (&s)[kKeys / 8], float scale_log2, const float (&lse)[2],
                              int ahead, int64_t window) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int n = 0; n < kKeys / 8; ++n)
#pragma unroll
    for (int x = 0; x < 4; ++x) {
      const int distance = ahead + lane / 4 + x / 2 * 8 - 8 * n - lane % 4 * 2 - x % 2;
      const bool seen = kWhole || (distance >= 0 && (window == 0 || distance < window));
      s[n].x[x] = seen ? exp2_ftz(fmaf(s[n].x[x], scale_log2, -lse[x / 2])) : 0.f;
    }
}

// The 64 queries of the calling warpgroup, number `group` of two.
template <int kD>
__device__ void collect_dq(const BackwardOperands& a, const DqWarpgroupShared<kD>& m,
                           const GroupBlock& block, const KeyTiles& all, int64_t h, int group) {
  const int lane = threadIdx.x % kWarp, group_row = group * 64;
  const int warp_row = group_row + threadIdx.x / kWarp % kGroupWarps * 16;
  const int rows = static_cast<int>(block.end - block.begin);
  const int64_t group_begin = block.begin + group_row, first_row = block.begin + warp_row;
  copy_head_rows<64, kGroupThreads>(m.q(), group_row,
                                    {a.q.at(group_begin, h), a.q.row_stride, rows - group_row});
  copy_head_rows<64, kGroupThreads>(
      m.dout(), group_row, {a.dout + (group_begin * a.H + h) * kD, a.H * kD, rows - group_row});
  float lse[2] = {}, delta[2] = {};
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int64_t row = first_row + lane / 4 + half * 8;
    if (row >= block.end) continue;
    lse[half] = a.lse[row * a.H + h] * kLog2E;
    delta[half] = a.delta[row * a.H + h];
  }
  wait_for_own_rows(group);
  const int tiles = all.seen_from(group_begin);
  FragmentC dq[kD / 64][8] = {};
  FragmentA ds[kKeys / 16] = {};
  int ahead = static_cast<int>(first_row - all.begin);
  for (int t = 0; t < tiles; ++t, ahead -= kKeys) {
    if (t > 0) queue_values<kD>(ds, m.k(t - 1), dq);
    m.key_ring().wait_until_filled(t);
    FragmentC s[kKeys / 8], dp[kKeys / 8];
    queue_scores<kD>(m.q(), m.k(t), group_row, s);
    m.value_ring().wait_until_filled(t);
    queue_scores<kD>(m.dout(), m.v(), group_row, dp);
    wait_for_products<2>();
    if (t > 0) m.key_ring().signal_free(t - 1);
    wait_for_products<1>();
    if (ahead >= kKeys - 1 && (a.window == 0 || ahead + 15 < a.window))
      probabilities<true>(s, a.scale_log2, lse, ahead, a.window);
    else
      probabilities<false>(s, a.scale_log2, lse, ahead, a.window);
    wait_for_products<0>();
    m.value_ring().signal_free(t);
#pragma unroll
    for (int n = 0; n < kKeys / 8; ++n)
#pragma unroll
      for (int half = 0; half < 2; ++half)
        ds[n / 2].x[n % 2 * 2 + half] =
            pack_bf16(s[n].x[2 * half] * (dp[n].x[2 * half] - delta[half]),
                      s[n].x[2 * half + 1] * (dp[n].x[2 * half + 1] - delta[half]));
  }
  queue_values<kD>(ds, m.k(tiles - 1), dq);
  wait_for_products<0>();
  write_rows<kD>(dq, {a.scale, a.scale}, group, m.q(), warp_row, a.dq + (first_row * a.H + h) * kD,
                 a.H * kD, rows - warp_row);
}

// Grid: heads x blocks, the last rows first: they have the most to do.
template <int kD>
__global__ void __launch_bounds__(kRoleThreads, 1) warpgroup_dq_kernel(BackwardOperands a) {
  if constexpr (kWarpgroupProducts) {
    extern __shared__ __align__(128) unsigned char shared[];
    const int64_t h = blockIdx.x;
    const GroupBlock block = a.blocks.at(gridDim.y - 1 - blockIdx.y);
    if (block.empty()) return;
    const DqWarpgroupShared<kD> m{aligned_to_1024(shared)};
    const KeyTiles tiles(block, a.window);
    if (threadIdx.x == 0) {
      m.key_ring().init(kCopyWarps, 2 * kGroupWarps);
      m.value_ring().init(kCopyWarps, 2 * kGroupWarps);
    }
    __syncthreads();
    const int role = threadIdx.x / kGroupThreads;
    if (role == 2) {
      give_registers_back<24>();
      copy_for_dq(a, m, block, tiles, h);
    } else {
      take_registers<product_registers(24)>();
      collect_dq(a, m, block, tiles, h, role);
    }
  }
}

}  // namespace hone::kernels::flash
