// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Backward of a chunk on warpgroup products, given the state S before it, the gradient dS of the one after
// it, V' and dV'. The formulas are those of chunk_gradients.cuh but for dA, which needs no U and W:
//
//   dA = -StrictLower(Tm^T (dV' (diag(beta) V)^T + dW (diag(beta e^gamma) K)^T) Tm^T)
//
//   A block stays on its multiprocessor and takes chunks of key heads in turn, each with its value heads
//   in order, so dQ and dK are summed in registers. Of the 128 columns of a product, warpgroup w has half
//   w; of the products [64, 64] warpgroup 0 makes those of the output, 1 those of the inverse. What the
//   next value head needs is copied as soon as its place is free.
#pragma once

#include "kernels/core/cuda/reduce.cuh"
#include "kernels/delta_rule/warpgroup_state_backward.cuh"
#include "kernels/delta_rule/warpgroup_sums.cuh"

namespace hone::kernels::delta {

constexpr int kGradientThreads = 2 * kGroup;

struct WarpgroupGradientShared {
  static constexpr size_t kWideBytes = WideTile::kBytes, kSquareBytes = SquareTile::kBytes;
  static constexpr size_t kTm = 11 * kWideBytes;
  static constexpr size_t kNumbers = kTm + 5 * kSquareBytes;

  struct Numbers {
    Gates gates[2];                // of this value head and the next
    float dot[5][2][kChunk];       // row sums by halves of the columns
    float crossing[2][4][kChunk];  // of the output and of the inverse, by warps
    float kept[8];                 // <dS, S>, by warps
  };
  static constexpr size_t kBytes = kNumbers + sizeof(Numbers) + kTileAlignment;

  unsigned char* base;
  __device__ WideTile wide(int i) const { return WideTile(base + i * kWideBytes); }
  __device__ WideTile Q() const { return wide(0); }
  __device__ WideTile K() const { return wide(1); }
  __device__ WideTile dO() const { return wide(2); }
  __device__ WideTile Vn() const { return wide(3); }
  __device__ WideTile dVn() const { return wide(4); }
  __device__ WideTile V() const { return wide(5); }
  __device__ WideTile S(int half) const { return wide(6 + half); }   // rows 64 half .. of S^T
  __device__ WideTile dS(int half) const { return wide(8 + half); }  // and of dS^T
  __device__ WideTile dW() const { return wide(10); }
  __device__ SquareTile square(int i) const { return SquareTile(base + kTm + i * kSquareBytes); }
  __device__ SquareTile Tm() const { return square(0); }
  __device__ SquareTile dP() const { return square(1); }  // dP * Gamma
  __device__ SquareTile H() const { return square(2); }   // (...) Tm^T of dA
  __device__ SquareTile X() const { return square(3); }
  __device__ SquareTile scaled_X() const { return square(4); }  // diag(beta) X
  __device__ Numbers& numbers() const { return *reinterpret_cast<Numbers*>(base + kNumbers); }
};

// The warp's part of <dS, S>.
__device__ inline float state_product(const WarpgroupGradientShared& m) {
  float sum = 0;
#pragma unroll 4
  for (int i = threadIdx.x; i < kStateElements / 8; i += kGradientThreads) {
    const uint4 s = load_piece(m.S(0).base + i * 16), d = load_piece(m.dS(0).base + i * 16);
    sum += low_half(s.x) * low_half(d.x) + high_half(s.x) * high_half(d.x);
    sum += low_half(s.y) * low_half(d.y) + high_half(s.y) * high_half(d.y);
    sum += low_half(s.z) * low_half(d.z) + high_half(s.z) * high_half(d.z);
    sum += low_half(s.w) * low_half(d.w) + high_half(s.w) * high_half(d.w);
  }
  return warp_sum(sum);
}

// c = a b^T of all 128 columns of b^T's rows, in halves of b = S^T or dS^T: c's columns are half w of Dk.
template <class States>
__device__ void queue_with_state(FragmentC (&c)[8], const WideTile& a, States&& state) {
  const int column = group_half() * kHalf;
  warpgroup_mma<true, false>(c, a.along_rows(0, 0), state(0).down_columns(0, column));
#pragma unroll
  for (int k = 16; k < kWide; k += 16)
    warpgroup_mma<true>(c, a.along_rows(0, k), state(k / kHalf).down_columns(k % kHalf, column));
}

// dbeta and dg of the chunk, by one warp; a lane has rows 2 lane and 2 lane + 1.
__device__ inline void write_gate_gradients(const BackwardOperands& a,
                                            const WarpgroupGradientShared::Numbers& n,
                                            const Gates& gates, int64_t t, int64_t rows,
                                            int64_t h) {
  const int lane = threadIdx.x % 32;
  const auto dot = [&](int which, int i) { return n.dot[which][0][i] + n.dot[which][1][i]; };
  float own[2], to_end[2];  // what acts through gamma_i, and what decays to the end
#pragma unroll
  for (int x = 0; x < 2; ++x) {
    const int i = 2 * lane + x;
    own[x] = gates.decay[i] * (a.query_scale * dot(0, i) + gates.beta[i] * dot(2, i));
    to_end[x] = gates.to_end[i] * dot(1, i);
  }
  float below = own[0] + own[1];        // sum over the rows from this lane's on
  float above = to_end[0] + to_end[1];  // and up to this lane's
#pragma unroll
  for (int lanes = 1; lanes < 32; lanes *= 2) {
    const float down = __shfl_down_sync(~0u, below, lanes), up = __shfl_up_sync(~0u, above, lanes);
    if (lane + lanes < 32) below += down;
    if (lane >= lanes) above += up;
  }
  float later = __shfl_down_sync(~0u, below, 1), earlier = __shfl_up_sync(~0u, above, 1);
  if (lane == 31) later = 0;
  if (lane == 0) earlier = 0;
  float kept = 0;
#pragma unroll
  for (const float x : n.kept) kept += x;
  kept *= gates.whole();
#pragma unroll
  for (int x = 0; x < 2; ++x) {
    const int i = 2 * lane + x;
    if (i >= rows) continue;
    float dg =
        kept + later + own[1] + (x == 0 ? own[0] : 0.f) + earlier + (x == 1 ? to_end[0] : 0.f);
#pragma unroll
    for (int warp = 0; warp < 4; ++warp) dg += n.crossing[0][warp][i] + n.crossing[1][warp][i];
    const int64_t at = a.row(t + i, h);
    a.dg[at] = dg;
    a.dbeta[at] = dot(3, i) + gates.decay[i] * dot(2, i) + dot(4, i);
  }
}

// The chunks of key heads that a block takes, value head by value head.
struct GradientWork {
  int all;          // numbers of chunks times key heads
  int number, g;    // chunk * Hk + key head; value head of it
  int64_t t, rows;  // rows == 0: there is no more work
  int64_t chunk, hk, h;

  // The first chunk from `number` on, in steps of the grid, that has rows.
  __device__ void find(const BackwardOperands& a) {
    const int Hk = static_cast<int>(a.Hv / a.G);
    for (rows = 0; number < all; number += gridDim.x) {
      const GroupBlock block = a.chunks.at(number / Hk);
      if (block.empty()) continue;
      t = block.begin;
      rows = block.end - block.begin;
      break;
    }
    g = 0;
    chunk = number / Hk;
    hk = number % Hk;
    h = hk * a.G;
  }
  __device__ void advance(const BackwardOperands& a) {
    if (g + 1 < a.G) {
      ++g, ++h;
      return;
    }
    number += gridDim.x;
    find(a);
  }
};

// Grid: as many blocks as there are multiprocessors. numbers: of chunks at most, times key heads.
__global__ void __launch_bounds__(kGradientThreads, 1)
    warpgroup_gradients_kernel(BackwardOperands a, int numbers) {
  extern __shared__ __align__(128) unsigned char shared[];
  const WarpgroupGradientShared m{aligned_tiles(shared)};
  auto& n = m.numbers();
  const int thread = threadIdx.x, w = warpgroup(), warp = group_warp();
  const auto copy_wide = [&](const WideTile& to, const bf16* from) {
    copy_as_is<WideTile::kBytes, kGradientThreads>(to.base, from, thread);
  };
  const auto copy_keys = [&](const GradientWork& work) {
    copy_rows<kGradientThreads>(m.Q(), a.q.at(work.t, work.hk), a.q.row_stride, work.rows, thread);
    copy_rows<kGradientThreads>(m.K(), a.k.at(work.t, work.hk), a.k.row_stride, work.rows, thread);
  };
  const auto copy_states = [&](const GradientWork& work) {
    const int64_t tile = work.chunk * a.Hv + work.h;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      copy_wide(m.S(half), a.states + tile * kStateElements + half * kWideElements);
      copy_wide(m.dS(half), a.dstates + tile * kStateElements + half * kWideElements);
    }
  };
  const auto copy_values = [&](const GradientWork& work, Gates& gates) {
    const int64_t tile = work.chunk * a.Hv + work.h;
    copy_rows<kGradientThreads>(m.dO(), a.grad_o + a.row(work.t, work.h) * kWide, a.Hv * kWide,
                                work.rows, thread);
    copy_wide(m.Vn(), a.U + tile * kWideElements);
    copy_wide(m.dVn(), a.dVn + tile * kWideElements);
    copy_rows<kGradientThreads>(m.V(), a.v.at(work.t, work.h), a.v.row_stride, work.rows, thread);
    copy_as_is<SquareTile::kBytes, kGradientThreads>(m.Tm().base, a.Tm + tile * kSquareElements,
                                                     thread);
    copy_as_is<sizeof(Gates), kGradientThreads>(shared_address(&gates),
                                                a.gamma + tile * kGateElements, thread);
  };

  GradientWork work = {numbers, static_cast<int>(blockIdx.x)};
  work.find(a);
  if (work.rows == 0) return;
  copy_keys(work);
  copy_states(work);
  copy_values(work, n.gates[0]);
  commit_copies();
  FragmentC dQ[8] = {}, dK[8] = {};
  for (int turn = 0; work.rows > 0; turn ^= 1) {
    const Gates& gates = n.gates[turn];
    GradientWork next = work;
    next.advance(a);
    const bool more = next.rows > 0, last_head = work.g + 1 == a.G;
    wait_for_copies<0>();
    fence_shared();
    __syncthreads();  // all operands are there
    {                 // Through the state: dO S^T, V' dS^T and dV' S^T = -dW.
      FragmentC out[8] = {}, value[8] = {}, minus_dW[8] = {};
      begin_products(out, value, minus_dW);
      queue_with_state(out, m.dO(), [&](int half) { return m.S(half); });
      queue_with_state(value, m.Vn(), [&](int half) { return m.dS(half); });
      queue_with_state(minus_dW, m.dVn(), [&](int half) { return m.S(half); });
      commit_products();
      const float kept = state_product(m);
      if (thread % 32 == 0) n.kept[thread / 32] = kept;
      finish_products(out, value, minus_dW);
#pragma unroll
      for (FragmentC& f : minus_dW)
#pragma unroll
        for (float& x : f.x) x = -x;
      store_sum(m.dW(), 8 * w, minus_dW);
      row_dots(out, m.Q(), n.dot[0]);
      add_scaled(dQ, out, [&](int i) { return a.query_scale * gates.decay[i]; });
      row_dots(value, m.K(), n.dot[1]);
      add_scaled(dK, value, [&](int i) { return gates.to_end[i]; });
    }
    fence_shared();
    __syncthreads();  // dW is there; S and dS are used up
    if (more) copy_states(next);
    FragmentA transposed_inverse[4];
#pragma unroll
    for (int k = 0; k < 4; ++k) transposed_inverse[k] = load_transposed(m.Tm(), 16 * k, 2 * warp);
    {  // dRu and dRw.
      FragmentC dRu[8] = {}, dRw[8] = {};
      begin_products(dRu, dRw, transposed_inverse);
      queue_down<kChunk>(dRu, transposed_inverse, m.dVn(), w * kHalf);
      queue_down<kChunk>(dRw, transposed_inverse, m.dW(), w * kHalf);
      commit_products();
      finish_products(dRu, dRw);
      row_dots(dRu, m.V(), n.dot[3]);
      each_of_sum(dRu, [&](int i, int, float& x) { x *= gates.beta[i]; });
      write_sum(dRu, a.dv + a.row(work.t, work.h) * kWide + w * kHalf, a.Hv * kWide, work.rows);
      row_dots(dRw, m.K(), n.dot[2]);
      add_scaled(dK, dRw, [&](int i) { return gates.beta[i] * gates.decay[i]; });
    }
    FragmentC E[8] = {};  // dP * P in warpgroup 0, then dA * A in 1
    if (w == 0) {
      FragmentC dP[8] = {};
      begin_products(dP, E);
      queue_along<kWide>(dP, m.dO(), m.Vn());
      queue_along<kWide>(E, m.Q(), m.K());
      commit_products();
      finish_products(dP, E);
#pragma unroll
      for (int j = 0; j < 8; ++j)
#pragma unroll
        for (int x = 0; x < 4; ++x) {
          const int i = 16 * warp + lane_group() + x / 2 * 8, c = 8 * j + 2 * lane_pair() + x % 2;
          dP[j].x[x] *= a.query_scale * masked_decay(gates.gamma, i, c, c <= i);
          E[j].x[x] *= dP[j].x[x];
        }
      store_sum(m.dP(), 0, dP);
    } else {  // What is in brackets in dA, then times Tm^T.
      FragmentC through_u[8] = {}, through_w[8] = {};
      begin_products(through_u, through_w);
      queue_along<kWide>(through_u, m.dVn(), m.V());
      queue_along<kWide>(through_w, m.dW(), m.K());
      commit_products();
      finish_products(through_u, through_w);
#pragma unroll
      for (int j = 0; j < 8; ++j)
#pragma unroll
        for (int x = 0; x < 4; ++x) {
          const int c = 8 * j + 2 * lane_pair() + x % 2;
          through_u[j].x[x] =
              gates.beta[c] * (through_u[j].x[x] + gates.decay[c] * through_w[j].x[x]);
        }
      FragmentA G[4];
#pragma unroll
      for (int k = 0; k < 4; ++k) G[k] = rounded(through_u[2 * k], through_u[2 * k + 1]);
      FragmentC H[8] = {};
      begin_products(H, G);
      queue_along<kChunk>(H, G, m.Tm());
      commit_products();
      finish_products(H);
      store_sum(m.H(), 0, H);
    }
    fence_shared();
    __syncthreads();  // dP * Gamma and H are there; dO, V', dV', V and Tm are used up
    if (more) copy_values(next, n.gates[turn ^ 1]);
    if (w == 1) {
      FragmentC dA[8] = {};
      begin_products(dA, E, transposed_inverse);
      queue_down<kChunk>(dA, transposed_inverse, m.H(), 0);
      queue_along<kWide>(E, m.K(), m.K());
      commit_products();
      finish_products(dA, E);
#pragma unroll
      for (int j = 0; j < 8; ++j)
#pragma unroll
        for (int x = 0; x < 4; ++x) {
          const int i = 16 * warp + lane_group() + x / 2 * 8, c = 8 * j + 2 * lane_pair() + x % 2;
          dA[j].x[x] *= -masked_decay(gates.gamma, i, c, c < i);
          E[j].x[x] *= dA[j].x[x] * gates.beta[i];
        }
      store_sum(m.X(), 0, dA);
      each_of_sum(dA, [&](int i, int, float& x) { x *= gates.beta[i]; });
      store_sum(m.scaled_X(), 0, dA);
    }
    {  // Through the scores.
      FragmentA rows[4], columns[4];
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        rows[k] = load_fragment(m.dP(), 16 * warp, 2 * k);
        columns[k] = load_transposed(m.dP(), 16 * k, 2 * warp);
      }
      begin_products(dQ, dK, rows, columns);
      queue_down<kChunk>(dQ, rows, m.K(), w * kHalf);
      queue_down<kChunk>(dK, columns, m.Q(), w * kHalf);
      commit_products();
      crossing_sums(E, n.crossing[w]);
      finish_products(dQ, dK);
    }
    __syncthreads();  // X and diag(beta) X are there
    {                 // Through the inverse.
      FragmentA rows[4], columns[4];
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        rows[k] = load_fragment(m.X(), 16 * warp, 2 * k);
        columns[k] = load_transposed(m.scaled_X(), 16 * k, 2 * warp);
      }
      FragmentC XK[8] = {};
      begin_products(XK, dK, rows, columns);
      queue_down<kChunk>(XK, rows, m.K(), w * kHalf);
      queue_down<kChunk>(dK, columns, m.K(), w * kHalf);
      commit_products();
      finish_products(XK, dK);
      row_dots(XK, m.K(), n.dot[4]);
      add_scaled(dK, XK, [&](int i) { return gates.beta[i]; });
    }
    __syncthreads();  // all sums of the rows are there; Q and K are used up
    if (more && last_head) copy_keys(next);
    commit_copies();
    if (thread < 32) write_gate_gradients(a, n, gates, work.t, work.rows, work.h);
    if (last_head) {
      const int64_t Hk = a.Hv / a.G, at = (work.t * Hk + work.hk) * kWide + w * kHalf;
      write_sum(dQ, a.dq + at, Hk * kWide, work.rows);
      write_sum(dK, a.dk + at, Hk * kWide, work.rows);
#pragma unroll
      for (FragmentC& f : dQ) f = {};
#pragma unroll
      for (FragmentC& f : dK) f = {};
    }
    work = next;
  }
}

}  // namespace hone::kernels::delta
