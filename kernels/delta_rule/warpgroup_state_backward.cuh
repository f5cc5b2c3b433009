// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Backward along a document from its end, on warpgroup products, dS the gradient of S_next:
//
//   dV' = P^T dO + diag(e^(gamma_n - gamma)) K dS
//   dS  = e^gamma_n dS + (diag(e^gamma) Q)^T dO - W^T dV'
//
//   as computed, with dS^T [64 of Dv, Dk] in registers:
//
//   dV'^T = dO^T P + (dS^T K^T) diag(e^(gamma_n - gamma))
//   dS^T  = e^gamma_n dS^T + (dO^T diag(e^gamma)) Q - dV'^T W
//
//   As forward (warpgroup_state.cuh): one warpgroup computes, another copies. dV' and dS of each chunk are
//   kept for warpgroup_gradients.
#pragma once

#include "kernels/delta_rule/state_backward.cuh"
#include "kernels/delta_rule/warpgroup_state.cuh"

namespace hone::kernels::delta {

struct WarpgroupStateBackwardShared {
  static constexpr int kStages = 3;
  static constexpr size_t kWideBytes = WideTile::kBytes, kSquareBytes = SquareTile::kBytes;
  static constexpr size_t kStage = 3 * kWideBytes + 2 * kSquareBytes;
  static constexpr size_t kRows = kStages * kStage;
  static constexpr size_t kS = kRows + kSquareBytes;
  static constexpr size_t kGates = kS + kWideBytes;
  static constexpr size_t kBytes = kGates + kStages * sizeof(Gates) + kTileAlignment;

  unsigned char* base;
  __device__ unsigned char* stage(int64_t n) const { return base + n % kStages * kStage; }
  __device__ WideTile K(int64_t n) const { return WideTile(stage(n)); }
  __device__ WideTile Q(int64_t n) const { return WideTile(stage(n) + kWideBytes); }
  __device__ WideTile W(int64_t n) const { return WideTile(stage(n) + 2 * kWideBytes); }
  __device__ SquareTile dO(int64_t n) const { return SquareTile(stage(n) + 3 * kWideBytes); }
  __device__ SquareTile P(int64_t n) const {
    return SquareTile(stage(n) + 3 * kWideBytes + kSquareBytes);
  }
  __device__ Gates& gates(int64_t n) const {
    return reinterpret_cast<Gates*>(base + kGates)[n % kStages];
  }
  // What the chunk leaves: the half's columns of dV', and dS^T as it was before the chunk was walked.
  __device__ SquareTile rows() const { return SquareTile(base + kRows); }
  __device__ WideTile dS() const { return WideTile(base + kS); }
};

// Step n walks chunk chunks - 1 - n.
__device__ inline void fetch_chunk(const BackwardOperands& a, const StateWalk& walk,
                                   const WarpgroupStateBackwardShared& m, int64_t n, int thread) {
  if (n < walk.chunks) {
    const int64_t i = walk.chunks - 1 - n, t = walk.row(i), rows = walk.rows(i);
    const int64_t tile = walk.tile(a, i);
    copy_rows<kCopiers>(m.K(n), a.k.at(t, walk.hk), a.k.row_stride, rows, thread);
    copy_rows<kCopiers>(m.Q(n), a.q.at(t, walk.hk), a.q.row_stride, rows, thread);
    copy_as_is<WideTile::kBytes, kCopiers>(m.W(n).base, a.W + tile * kWideElements, thread);
    copy_rows<kCopiers>(m.dO(n), a.grad_o + a.row(t, walk.h) * kWide + walk.half * kHalf,
                        a.Hv * kWide, rows, thread);
    copy_as_is<SquareTile::kBytes, kCopiers>(m.P(n).base, a.P + tile * kSquareElements, thread);
    copy_as_is<sizeof(Gates), kCopiers>(shared_address(&m.gates(n)), a.gamma + tile * kGateElements,
                                        thread);
  }
  commit_copies();
}
__device__ inline void write_chunk(const BackwardOperands& a, const StateWalk& walk,
                                   const WarpgroupStateBackwardShared& m, int64_t n, int thread) {
  const int64_t tile = walk.tile(a, walk.chunks - 1 - n);
  write_as_is<SquareTile::kBytes, kCopiers>(
      a.dVn + tile * kWideElements + walk.half * kSquareElements, m.rows().base, thread);
  write_as_is<WideTile::kBytes, kCopiers>(
      a.dstates + tile * kStateElements + walk.half * kWideElements, m.dS().base, thread);
}

// Grid: halves x value heads x documents. Warps and barriers as in warpgroup_state_kernel.
__global__ void __launch_bounds__(kStateThreads, 1)
    warpgroup_state_backward_kernel(BackwardOperands a) {
  using Shared = WarpgroupStateBackwardShared;
  extern __shared__ __align__(128) unsigned char shared[];
  const Shared m{aligned_tiles(shared)};
  const StateWalk walk(a);
  if (warpgroup() > 0) {
    const int thread = threadIdx.x - kGroup;
    for (int64_t n = 0; n < Shared::kStages - 1; ++n) fetch_chunk(a, walk, m, n, thread);
    for (int64_t n = 0; n < walk.chunks; ++n) {
      wait_for_copies<Shared::kStages - 2>();
      fence_shared();
      meet<kStateThreads>();  // the chunk's operands are there, and the results of the one before
      if (n > 0) write_chunk(a, walk, m, n - 1, thread);
      meet<kStateThreads>();  // those results have been read
      fetch_chunk(a, walk, m, n + Shared::kStages - 1, thread);
    }
    meet<kStateThreads>();  // the last chunk's results are there
    if (walk.chunks > 0) write_chunk(a, walk, m, walk.chunks - 1, thread);
    return;
  }
  FragmentC dS[2][8] = {};
  if (a.grad_final_state)
    walk.each_element(a, dS, [&](float& x, int64_t at) { x = a.grad_final_state[at]; });
  for (int64_t n = 0; n < walk.chunks; ++n) {
    FragmentA s[8];
    round_state(dS, s);
    FragmentC v[8] = {}, local[8] = {};  // dS^T K^T and dO^T P
    meet<kStateThreads>();  // the chunk's operands are there, and the results of the one before
    const Gates& gates = m.gates(n);
    FragmentA out[4];  // dO^T
#pragma unroll
    for (int k = 0; k < 4; ++k) out[k] = load_transposed(m.dO(n), 16 * k, 2 * group_warp());
    decay_state(dS, gates.whole());
    begin_products(v, local, s, out);
    queue_along<kWide>(v, s, m.K(n));
    queue_down<kChunk>(local, out, m.P(n), 0);
    commit_products();
    FragmentA decayed[4];  // dO^T diag(e^gamma), with Q's scale
#pragma unroll
    for (int k = 0; k < 4; ++k)
#pragma unroll
      for (int x = 0; x < 4; ++x) {
        const float2 decay =
            *reinterpret_cast<const float2*>(gates.decay + 16 * k + x / 2 * 8 + 2 * lane_pair());
        decayed[k].x[x] = pack_bf16(low_half(out[k].x[x]) * (a.query_scale * decay.x),
                                    high_half(out[k].x[x]) * (a.query_scale * decay.y));
      }
    queue_state(dS, decayed, m.Q(n));
    finish_products<1>(v, local);
    FragmentA minus[4];
#pragma unroll
    for (int k = 0; k < 4; ++k)
#pragma unroll
      for (int x = 0; x < 4; ++x) {
        const FragmentC &c = v[2 * k + x / 2], &l = local[2 * k + x / 2];
        const float2 to_end =
            *reinterpret_cast<const float2*>(gates.to_end + 16 * k + x / 2 * 8 + 2 * lane_pair());
        minus[k].x[x] = pack_bf16(-(l.x[x % 2 * 2] + c.x[x % 2 * 2] * to_end.x),
                                  -(l.x[x % 2 * 2 + 1] + c.x[x % 2 * 2 + 1] * to_end.y));
      }
    queue_state(dS, minus, m.W(n));
    meet<kStateThreads>();  // the results of the chunk before have been written
#pragma unroll
    for (int k = 0; k < 8; ++k) store_fragment(m.dS(), 16 * group_warp(), 2 * k, s[k]);
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      FragmentA plus = minus[k];
#pragma unroll
      for (uint32_t& pair : plus.x) pair ^= 0x80008000u;  // both signs
      store_transposed(m.rows(), 16 * k, 2 * group_warp(), plus);
    }
    finish_products(dS);
  }
  meet<kStateThreads>();  // the last chunk's results are there
  if (a.dinitial_state)
    walk.each_element(a, dS, [&](float& x, int64_t at) { a.dinitial_state[at] = x; });
}

}  // namespace hone::kernels::delta
