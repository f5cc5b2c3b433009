// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From chunk to chunk along a document, on warpgroup products, S the state before the chunk:
//
//   V' = U - W S          S_next = e^gamma_n S + K^T diag(e^(gamma_n - gamma)) V'
//   O  = diag(e^gamma) Q S + P V'
//
//   as computed, with S^T [64 of Dv, Dk] in registers:
//
//   V'^T = U^T - S^T W^T  S_next^T = e^gamma_n S^T + (V'^T diag(e^(gamma_n - gamma))) K
//   O^T  = S^T Q^T diag(e^gamma) + V'^T P^T
//
//   Forward writes O; backward keeps S of every chunk, and V' in the place of U. One warpgroup computes;
//   another copies: the operands of the chunks to come, and what the chunk before left.
#pragma once

#include "kernels/delta_rule/warpgroup_tiles.cuh"

namespace hone::kernels::delta {

constexpr int kCopiers = kGroup;
constexpr int kStateThreads = kGroup + kCopiers;

// kOutput: forward. A ring of kStages chunks' operands.
template <bool kOutput>
struct WarpgroupStateShared {
  static constexpr int kStages = kOutput ? 3 : 4;
  static constexpr size_t kWideBytes = WideTile::kBytes, kSquareBytes = SquareTile::kBytes;
  static constexpr size_t kStage =
      (kOutput ? 3 : 2) * kWideBytes + (kOutput ? 2 : 1) * kSquareBytes;
  static constexpr size_t kRows = kStages * kStage;
  static constexpr size_t kS = kRows + kSquareBytes;
  static constexpr size_t kGates = kS + (kOutput ? 0 : kWideBytes);
  static constexpr size_t kBytes = kGates + kStages * sizeof(Gates) + kTileAlignment;

  unsigned char* base;
  __device__ unsigned char* stage(int64_t i) const { return base + i % kStages * kStage; }
  __device__ WideTile W(int64_t i) const { return WideTile(stage(i)); }
  __device__ WideTile K(int64_t i) const { return WideTile(stage(i) + kWideBytes); }
  __device__ SquareTile U(int64_t i) const { return SquareTile(stage(i) + 2 * kWideBytes); }
  __device__ SquareTile P(int64_t i) const {
    return SquareTile(stage(i) + 2 * kWideBytes + kSquareBytes);
  }
  __device__ WideTile Q(int64_t i) const {
    return WideTile(stage(i) + 2 * kWideBytes + 2 * kSquareBytes);
  }
  __device__ Gates& gates(int64_t i) const {
    return reinterpret_cast<Gates*>(base + kGates)[i % kStages];
  }
  // What the chunk leaves: the half's columns of O or V', and S^T.
  __device__ SquareTile rows() const { return SquareTile(base + kRows); }
  __device__ WideTile S() const { return WideTile(base + kS); }
};

// One document, value head and half of the columns.
struct StateWalk {
  __device__ StateWalk(const Operands& o)
      : half(blockIdx.x),
        h(blockIdx.y),
        hk(h / o.G),
        s(blockIdx.z),
        begin(o.chunks.offsets[s]),
        end(o.chunks.offsets[s + 1]),
        chunks((end - begin + kChunk - 1) / kChunk),
        first(o.chunks.first_block(s)) {}
  int64_t half, h, hk, s, begin, end, chunks, first;

  __device__ int64_t row(int64_t i) const { return begin + i * kChunk; }
  __device__ int64_t rows(int64_t i) const { return end - row(i) < kChunk ? end - row(i) : kChunk; }
  __device__ int64_t tile(const Operands& o, int64_t i) const { return (first + i) * o.Hv + h; }
  // f(an element of a [Dk, Dv] state's transpose, its index in states [documents, Hv, Dk, Dv]).
  template <class F>
  __device__ void each_element(const Operands& o, FragmentC (&S)[2][8], F f) const {
    const int64_t matrix = (s * o.Hv + h) * kStateElements + half * kHalf;
#pragma unroll
    for (int j = 0; j < 16; ++j)
#pragma unroll
      for (int x = 0; x < 4; ++x) {
        const int v = 16 * group_warp() + lane_group() + x / 2 * 8;
        const int k = 8 * j + 2 * lane_pair() + x % 2;
        f(S[j / 8][j % 8].x[x], matrix + k * kWide + v);
      }
  }
};

// S^T as left operand.
__device__ inline void round_state(const FragmentC (&S)[2][8], FragmentA (&s)[8]) {
#pragma unroll
  for (int k = 0; k < 8; ++k) s[k] = rounded(S[k / 4][k % 4 * 2], S[k / 4][k % 4 * 2 + 1]);
}
__device__ inline void decay_state(FragmentC (&S)[2][8], float decay) {
#pragma unroll
  for (auto& panel : S)
#pragma unroll
    for (FragmentC& f : panel)
#pragma unroll
      for (float& x : f.x) x *= decay;
}
// S^T += a b, queued.
template <class Tile>
__device__ void queue_state(FragmentC (&S)[2][8], FragmentA (&a)[4], const Tile& b) {
  begin_products(S, a);
#pragma unroll
  for (int panel = 0; panel < 2; ++panel) queue_down<kChunk>(S[panel], a, b, panel * kHalf);
  commit_products();
}

// The copying warps' side: the operands of chunk i, if there is one, and what it left.
template <bool kOutput>
__device__ void fetch_chunk(const Operands& o, const StateWalk& walk,
                            const WarpgroupStateShared<kOutput>& m, int64_t i, int thread) {
  if (i < walk.chunks) {
    const int64_t t = walk.row(i), rows = walk.rows(i), tile = walk.tile(o, i);
    copy_as_is<WideTile::kBytes, kCopiers>(m.W(i).base, o.W + tile * kWideElements, thread);
    copy_as_is<SquareTile::kBytes, kCopiers>(
        m.U(i).base, o.U + tile * kWideElements + walk.half * kSquareElements, thread);
    copy_rows<kCopiers>(m.K(i), o.k.at(t, walk.hk), o.k.row_stride, rows, thread);
    copy_as_is<sizeof(Gates), kCopiers>(shared_address(&m.gates(i)), o.gamma + tile * kGateElements,
                                        thread);
    if constexpr (kOutput) {
      copy_rows<kCopiers>(m.Q(i), o.q.at(t, walk.hk), o.q.row_stride, rows, thread);
      copy_as_is<SquareTile::kBytes, kCopiers>(m.P(i).base, o.P + tile * kSquareElements, thread);
    }
  }
  commit_copies();
}
template <bool kOutput>
__device__ void write_chunk(const Operands& o, const StateWalk& walk,
                            const WarpgroupStateShared<kOutput>& m, int64_t i, int thread) {
  const int64_t tile = walk.tile(o, i);
  if constexpr (kOutput) {
#pragma unroll
    for (int j = 0; j < kChunk * 8 / kCopiers; ++j) {
      const int row = (j * kCopiers + thread) / 8, piece = thread % 8;
      if (row < walk.rows(i))
        *reinterpret_cast<uint4*>(o.o + o.row(walk.row(i) + row, walk.h) * kWide +
                                  walk.half * kHalf + piece * 8) =
            load_piece(m.rows().piece(row, piece));
    }
  } else {
    write_as_is<SquareTile::kBytes, kCopiers>(
        o.U + tile * kWideElements + walk.half * kSquareElements, m.rows().base, thread);
    write_as_is<WideTile::kBytes, kCopiers>(
        o.states + tile * kStateElements + walk.half * kWideElements, m.S().base, thread);
  }
}

// Grid: halves x value heads x documents. Warps 0 .. 3 compute, the others copy. Each chunk has two
// barriers, which both sides meet: at the first its operands are there and the results of the one
// before, at the second these have been written.
template <bool kOutput>
__global__ void __launch_bounds__(kStateThreads, 1) warpgroup_state_kernel(Operands o) {
  using Shared = WarpgroupStateShared<kOutput>;
  extern __shared__ __align__(128) unsigned char shared[];
  const Shared m{aligned_tiles(shared)};
  const StateWalk walk(o);
  if (warpgroup() > 0) {
    const int thread = threadIdx.x - kGroup;
    for (int64_t i = 0; i < Shared::kStages - 1; ++i) fetch_chunk(o, walk, m, i, thread);
    for (int64_t i = 0; i < walk.chunks; ++i) {
      wait_for_copies<Shared::kStages - 2>();
      fence_shared();
      meet<kStateThreads>();  // the chunk's operands are there, and the results of the one before
      if (i > 0) write_chunk(o, walk, m, i - 1, thread);
      meet<kStateThreads>();  // those results have been read
      fetch_chunk(o, walk, m, i + Shared::kStages - 1, thread);
    }
    meet<kStateThreads>();  // the last chunk's results are there
    if (walk.chunks > 0) write_chunk(o, walk, m, walk.chunks - 1, thread);
    return;
  }
  FragmentC S[2][8] = {};
  if (o.initial_state)
    walk.each_element(o, S, [&](float& x, int64_t at) { x = o.initial_state[at]; });
  for (int64_t i = 0; i < walk.chunks; ++i) {
    FragmentA s[8];
    round_state(S, s);
    FragmentC v[8] = {}, out[8] = {};
    meet<kStateThreads>();  // the chunk's operands are there, and the results of the one before
    const Gates& gates = m.gates(i);
    begin_products(v, out, s);
    queue_along<kWide>(v, s, m.W(i));
    commit_products();
    if constexpr (kOutput) {
      queue_along<kWide>(out, s, m.Q(i));
      commit_products();
    }
    FragmentA u[4];
#pragma unroll
    for (int k = 0; k < 4; ++k) u[k] = load_transposed(m.U(i), 16 * k, 2 * group_warp());
    finish_products<kOutput ? 1 : 0>(v);
    FragmentA fresh[4], decayed[4];  // V'^T, plain and for S
#pragma unroll
    for (int k = 0; k < 4; ++k)
#pragma unroll
      for (int x = 0; x < 4; ++x) {
        const FragmentC& c = v[2 * k + x / 2];
        const float low = low_half(u[k].x[x]) - c.x[x % 2 * 2];
        const float high = high_half(u[k].x[x]) - c.x[x % 2 * 2 + 1];
        const float2 to_end =
            *reinterpret_cast<const float2*>(gates.to_end + 16 * k + x / 2 * 8 + 2 * lane_pair());
        fresh[k].x[x] = pack_bf16(low, high);
        decayed[k].x[x] = pack_bf16(low * to_end.x, high * to_end.y);
      }
    decay_state(S, gates.whole());
    queue_state(S, decayed, m.K(i));
    meet<kStateThreads>();  // the results of the chunk before have been written
    if constexpr (kOutput) {
      finish_products<1>(out);
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        const float2 decay =
            *reinterpret_cast<const float2*>(gates.decay + 8 * j + 2 * lane_pair());
#pragma unroll
        for (int x = 0; x < 4; ++x) out[j].x[x] *= o.query_scale * (x % 2 == 0 ? decay.x : decay.y);
      }
      begin_products(out, fresh);
      queue_along<kChunk>(out, fresh, m.P(i));
      commit_products();
    } else {
#pragma unroll
      for (int k = 0; k < 8; ++k) store_fragment(m.S(), 16 * group_warp(), 2 * k, s[k]);
#pragma unroll
      for (int k = 0; k < 4; ++k) store_transposed(m.rows(), 16 * k, 2 * group_warp(), fresh[k]);
    }
    finish_products(S, out);
    if constexpr (kOutput) {
#pragma unroll
      for (int k = 0; k < 4; ++k)
        store_transposed(m.rows(), 16 * k, 2 * group_warp(), rounded(out[2 * k], out[2 * k + 1]));
    }
  }
  meet<kStateThreads>();  // the last chunk's results are there
  if (o.final_state) walk.each_element(o, S, [&](float& x, int64_t at) { o.final_state[at] = x; });
}

}  // namespace hone::kernels::delta
