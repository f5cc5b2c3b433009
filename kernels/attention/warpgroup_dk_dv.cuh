// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// dK and dV with the tensor cores' asynchronous products (warpgroup_common.cuh).
//
//   A block has kKeys = 64 rows of one key head and meets the queries of all its query heads, 64 at a
//   time. One warpgroup has dV in registers, the other dK:
//
//     dV   S^T  = K Q^T  of item i | P^T = exp(S^T - lse)      | dV += P^T dO
//     dK   dP^T = V dO^T of item i | dS^T = P^T (dP^T - delta) | dK += dS^T Q
//
//   P^T and dS^T go from registers into their products; dK's warpgroup gets P^T, in bf16 as dV has it,
//   through shared memory. Products of item i - 1 are queued before the scores of item i: the tile that
//   they free is copied while those are computed.
//
//   With many query heads to a key head there are few blocks of keys with much work each, which leaves
//   gaps at the grid's end. Then two blocks of the grid, on neighbouring multiprocessors (a cluster),
//   share the items of a block of keys: one takes the even ones, the other the odd. Last, one adds the
//   other's dV to its own, and the other this one's dK.
//
//   Queries are visited from the last rows down, all heads of a row's tile together: so all blocks of
//   the grid's first wave read the same tile at the same time, from the L2.
//
//   Shared memory at head size 256: K and V 32 KiB each, two tiles of queries and of dO 32 KiB each, two
//   of P^T 8 KiB each, 209 in all.
#pragma once

#include <cooperative_groups.h>

#include <algorithm>

#include "kernels/attention/flash_backward.cuh"
#include "kernels/attention/longest_first.cuh"
#include "kernels/attention/query_items.cuh"
#include "kernels/attention/warpgroup_common.cuh"

namespace hone::kernels::flash {

template <int kD>
struct DkDvWarpgroupShared {
  using Rows = PanelTile<kKeys, kD>;
  static constexpr size_t kScoreBytes = size_t{kKeys} * kKeys * 2;
  static constexpr size_t kScores = 6 * Rows::kBytes;
  static constexpr size_t kNumbers = kScores + 2 * kScoreBytes;
  static constexpr size_t kRings = kNumbers + 4 * kKeys * sizeof(float);
  static constexpr size_t kBytes = kRings + 3 * Ring<2>::kBytes + 1024;

  unsigned char* base;
  __device__ Rows k() const { return Rows(base); }
  __device__ Rows v() const { return Rows(base + Rows::kBytes); }
  __device__ Rows q(int item) const { return Rows(base + (2 + item % 2) * Rows::kBytes); }
  __device__ Rows dout(int item) const { return Rows(base + (4 + item % 2) * Rows::kBytes); }
  // P^T as the threads' fragments: part k of thread i is element k * kGroupThreads + i.
  __device__ uint4* p(int item) const {
    return reinterpret_cast<uint4*>(base + kScores + item % 2 * kScoreBytes);
  }
  // Of the item's queries; lse in powers of two.
  __device__ float* lse(int item) const {
    return reinterpret_cast<float*>(base + kNumbers) + item % 2 * kKeys;
  }
  __device__ float* delta(int item) const { return lse(item) + 2 * kKeys; }
  __device__ Ring<2> ring(int number) const {
    return {shared_address(base + kRings + static_cast<size_t>(number) * Ring<2>::kBytes)};
  }
  __device__ Ring<2> query_ring() const { return ring(0); }
  __device__ Ring<2> dout_ring() const { return ring(1); }
  __device__ Ring<2> p_ring() const { return ring(2); }
};

// Queries by the first half of the threads, dO by the second.
template <int kD>
__device__ void copy_for_dk_dv(const BackwardOperands& a, const DkDvWarpgroupShared<kD>& m,
                               const GroupBlock& block, const QueryItems& items, int64_t hk) {
  static_assert(kCopyThreads == kKeys);  // a thread a row's number
  const int thread = threadIdx.x % kCopyThreads;
  const bool for_queries = threadIdx.x % kGroupThreads < kCopyThreads;
  const Ring<2> ring = for_queries ? m.query_ring() : m.dout_ring();
  items.for_each([&](int item, int tile, int head) {
    const int64_t h = hk * a.group + head, from = items.first_row(tile);
    const int rows = static_cast<int>(block.last - from);
    const int64_t at = (from + thread) * a.H + h;
    ring.wait_until_free(item);
    if (for_queries) {
      const float lse = thread < rows ? a.lse[at] * kLog2E : 0.f;
      copy_head_rows<kKeys, kCopyThreads>(m.q(item), 0, {a.q.at(from, h), a.q.row_stride, rows});
      m.lse(item)[thread] = lse;
    } else {
      const float delta = thread < rows ? a.delta[at] : 0.f;
      copy_head_rows<kKeys, kCopyThreads>(m.dout(item), 0,
                                          {a.dout + (from * a.H + h) * kD, a.H * kD, rows});
      m.delta(item)[thread] = delta;
    }
    commit_copies();
    wait_for_copies<0>();
    fence_shared();
    ring.signal_filled(item);
  });
}

// The block's rows of K or V: a product's left operand, read by one warpgroup only.
template <int kD>
__device__ void copy_own_keys(const PanelTile<kKeys, kD>& tile, const Heads<bf16>& keys,
                              const GroupBlock& block, int64_t hk, int group) {
  copy_head_rows<kKeys, kGroupThreads>(
      tile, 0,
      {keys.at(block.begin, hk), keys.row_stride, static_cast<int>(block.end - block.begin)});
  wait_for_own_rows(group);
}

// dV or dK of the calling warpgroup, number `number`, times `factor`, through the tile of its own.
template <int kD>
__device__ void write_keys(const FragmentC (&sum)[kD / 64][8], float factor, int number,
                           const PanelTile<kKeys, kD>& tile, const GroupBlock& block, int64_t hk,
                           int64_t Hk, bf16* to) {
  const int warp_row = threadIdx.x / kWarp % kGroupWarps * 16;
  write_rows<kD>(sum, {factor, factor}, number, tile, warp_row,
                 to + ((block.begin + warp_row) * Hk + hk) * kD, Hk * kD,
                 static_cast<int>(block.end - block.begin) - warp_row);
}

// P^T from S^T, rounded, for keys group and group + 8 of the warp's 16; `ahead`: the tile's first query
// minus the warp's first key.
template <bool kWhole>
__device__ void probabilities_of_keys(const FragmentC (&s)[kKeys / 8], float scale_log2,
                                      const float* lse, int ahead, int64_t window,
                                      FragmentA (&p)[kKeys / 16]) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int n = 0; n < kKeys / 8; ++n) {
    const int column = 8 * n + lane % 4 * 2;
    const float2 l = *reinterpret_cast<const float2*>(lse + column);
    FragmentC c;
#pragma unroll
    for (int x = 0; x < 4; ++x) {
      const int distance = ahead + column + x % 2 - lane / 4 - x / 2 * 8;
      const bool seen = kWhole || (distance >= 0 && (window == 0 || distance < window));
      c.x[x] = seen ? exp2_ftz(fmaf(s[n].x[x], scale_log2, x % 2 == 0 ? -l.x : -l.y)) : 0.f;
    }
    p[n / 2].x[n % 2 * 2] = pack_bf16(c.x[0], c.x[1]);
    p[n / 2].x[n % 2 * 2 + 1] = pack_bf16(c.x[2], c.x[3]);
  }
}

// Adds the sums of both blocks of the pair in the one of rank `owner`; there it returns true. By the two
// warpgroups with sums, each with its own owner. The sums pass through the tiles of queries.
template <int kD>
__device__ bool add_of_pair(const DkDvWarpgroupShared<kD>& m, FragmentC (&sum)[kD / 64][8],
                            int rank, int owner) {
  const auto pair = cooperative_groups::this_cluster();
  float4* const at = reinterpret_cast<float4*>(m.base + 2 * DkDvWarpgroupShared<kD>::Rows::kBytes) +
                     threadIdx.x % kGroupThreads;
  pair.sync();  // nobody needs the tiles any more
  if (rank != owner) {
    float4* const there = pair.map_shared_rank(at, owner);
#pragma unroll
    for (int n = 0; n < kD / 8; ++n) {
      const FragmentC& c = sum[n / 8][n % 8];
      there[n * kGroupThreads] = make_float4(c.x[0], c.x[1], c.x[2], c.x[3]);
    }
  }
  pair.sync();
  if (rank != owner) return false;
#pragma unroll
  for (int n = 0; n < kD / 8; ++n) {
    FragmentC& c = sum[n / 8][n % 8];
    const float4 other = at[n * kGroupThreads];
    c = {{c.x[0] + other.x, c.x[1] + other.y, c.x[2] + other.z, c.x[3] + other.w}};
  }
  return true;
}

// How many of a thread's pieces of K or V, 16 columns each, stay in registers: products then read that
// much less from shared memory, whose speed is the limit.
template <int kD>
constexpr int kHeld = std::min(8, kD / 16 - 1);

template <int kD>
__device__ void hold(const PanelTile<kKeys, kD>& tile, FragmentA (&held)[kHeld<kD>]) {
  const int lane = threadIdx.x % kWarp, row = threadIdx.x / kWarp % kGroupWarps * 16 + lane % 16;
#pragma unroll
  for (int i = 0; i < kHeld<kD>; ++i)
    load_matrices(held[i].x, tile.piece(row, kD / 8 - 2 * kHeld<kD> + 2 * i + lane / 16));
}

// As queue_scores, the last columns of the left rows from `held`.
template <int kD>
__device__ void queue_scores_held(const PanelTile<kKeys, kD>& left,
                                  const FragmentA (&held)[kHeld<kD>],
                                  const PanelTile<kKeys, kD>& right, FragmentC (&s)[kKeys / 8]) {
  constexpr int kShared = kD - 16 * kHeld<kD>;
  fence_products();
  warpgroup_mma<false, false>(s, left.along_rows(0, 0), right.along_rows(0, 0));
#pragma unroll
  for (int d = 16; d < kShared; d += 16)
    warpgroup_mma<false>(s, left.along_rows(0, d), right.along_rows(0, d));
#pragma unroll
  for (int i = 0; i < kHeld<kD>; ++i)
    warpgroup_mma<false>(s, held[i], right.along_rows(0, kShared + 16 * i));
  commit_products();
}

template <int kD>
__device__ void collect_dv(const BackwardOperands& a, const DkDvWarpgroupShared<kD>& m,
                           const GroupBlock& block, const QueryItems& items, int64_t hk) {
  const int warp_row = threadIdx.x / kWarp % kGroupWarps * 16;
  copy_own_keys(m.k(), a.k, block, hk, 0);
  FragmentA held[kHeld<kD>], p[kKeys / 16] = {};
  hold(m.k(), held);
  FragmentC dv[kD / 64][8] = {};
  const auto queue_sums = [&](int item) {
    m.dout_ring().wait_until_filled(item);
    queue_values<kD>(p, m.dout(item), dv);
  };
  items.for_each([&](int item, int tile, int) {
    if (item > 0) queue_sums(item - 1);
    m.query_ring().wait_until_filled(item);
    FragmentC s[kKeys / 8];
    queue_scores_held<kD>(m.k(), held, m.q(item), s);
    wait_for_products<1>();
    if (item > 0) m.dout_ring().signal_free(item - 1);
    wait_for_products<0>();
    const int ahead = tile * kKeys - warp_row;
    if (ahead >= 15 && (a.window == 0 || ahead + kKeys - 1 < a.window))
      probabilities_of_keys<true>(s, a.scale_log2, m.lse(item), ahead, a.window, p);
    else
      probabilities_of_keys<false>(s, a.scale_log2, m.lse(item), ahead, a.window, p);
    m.query_ring().signal_free(item);
    m.p_ring().wait_until_free(item);
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k)
      m.p(item)[k * kGroupThreads + threadIdx.x % kGroupThreads] =
          make_uint4(p[k].x[0], p[k].x[1], p[k].x[2], p[k].x[3]);
    m.p_ring().signal_filled(item);
  });
  queue_sums(items.count - 1);
  wait_for_products<0>();
  if (items.step == 1 || add_of_pair<kD>(m, dv, items.rank, 0))
    write_keys<kD>(dv, 1.f, 0, m.k(), block, hk, a.H / a.group, a.dv);
}

// Two bf16 in one register, widened.
__device__ inline float low_half(uint32_t pair) { return __uint_as_float(pair << 16); }
__device__ inline float high_half(uint32_t pair) { return __uint_as_float(pair & 0xffff0000u); }

// dS^T from dP^T, rounded.
__device__ inline void score_gradients_of_keys(const FragmentC (&dp)[kKeys / 8], const uint4* p,
                                               const float* delta, FragmentA (&ds)[kKeys / 16]) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int k = 0; k < kKeys / 16; ++k) {
    const uint4 part = p[k * kGroupThreads + threadIdx.x % kGroupThreads];
    const uint32_t pairs[4] = {part.x, part.y, part.z, part.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const FragmentC& c = dp[2 * k + i / 2];
      const float2 d = *reinterpret_cast<const float2*>(delta + 16 * k + i / 2 * 8 + lane % 4 * 2);
      ds[k].x[i] = pack_bf16(low_half(pairs[i]) * (c.x[i % 2 * 2] - d.x),
                             high_half(pairs[i]) * (c.x[i % 2 * 2 + 1] - d.y));
    }
  }
}

template <int kD>
__device__ void collect_dk(const BackwardOperands& a, const DkDvWarpgroupShared<kD>& m,
                           const GroupBlock& block, const QueryItems& items, int64_t hk) {
  copy_own_keys(m.v(), a.v, block, hk, 1);
  FragmentA held[kHeld<kD>], ds[kKeys / 16] = {};
  hold(m.v(), held);
  FragmentC dk[kD / 64][8] = {};
  const auto queue_sums = [&](int item) {
    m.query_ring().wait_until_filled(item);
    queue_values<kD>(ds, m.q(item), dk);
  };
  items.for_each([&](int item, int, int) {
    if (item > 0) queue_sums(item - 1);
    m.dout_ring().wait_until_filled(item);
    FragmentC dp[kKeys / 8];
    queue_scores_held<kD>(m.v(), held, m.dout(item), dp);
    wait_for_products<1>();
    if (item > 0) m.query_ring().signal_free(item - 1);
    wait_for_products<0>();
    m.p_ring().wait_until_filled(item);
    score_gradients_of_keys(dp, m.p(item), m.delta(item), ds);
    m.p_ring().signal_free(item);
    m.dout_ring().signal_free(item);
  });
  queue_sums(items.count - 1);
  wait_for_products<0>();
  if (items.step == 1 || add_of_pair<kD>(m, dk, items.rank, 1))
    write_keys<kD>(dk, a.scale, 1, m.v(), block, hk, a.H / a.group, a.dk);
}

// Grid: kBlocks x key heads x blocks of keys, those that most rows see first; clusters of kBlocks.
template <int kD, int kBlocks>
__global__ void __launch_bounds__(kRoleThreads, 1) warpgroup_dk_dv_kernel(BackwardOperands a) {
  if constexpr (kWarpgroupProducts) {
    extern __shared__ __align__(128) unsigned char shared[];
    const int64_t hk = blockIdx.x / kBlocks;
    const GroupBlock block =
        longest_first(a.blocks, static_cast<int>(blockIdx.y), static_cast<int>(gridDim.y));
    if (block.empty()) return;
    const DkDvWarpgroupShared<kD> m{aligned_to_1024(shared)};
    const QueryItems items(block, a.window, a.group, static_cast<int>(blockIdx.x % kBlocks),
                           kBlocks);
    if (threadIdx.x == 0) {
      m.query_ring().init(kCopyWarps, 2 * kGroupWarps);
      m.dout_ring().init(kCopyWarps, 2 * kGroupWarps);
      m.p_ring().init(kGroupWarps, kGroupWarps);
    }
    __syncthreads();
    const int role = threadIdx.x / kGroupThreads;
    if (role == 0) {
      take_registers<product_registers(24)>();
      collect_dv(a, m, block, items, hk);
    } else if (role == 1) {
      take_registers<product_registers(24)>();
      collect_dk(a, m, block, items, hk);
    } else {
      give_registers_back<24>();
      copy_for_dk_dv(a, m, block, items, hk);
    }
  }
}

#undef HONE_CLUSTER

}  // namespace hone::kernels::flash
