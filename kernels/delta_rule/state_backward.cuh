// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Backward of what goes from chunk to chunk. First, for all chunks at once, what the output alone gives to
// V':  dV' = P^T dO. Then, along a document from its end, with dS the gradient of S_next:
//
//   dV' += diag(e^(gamma_n - gamma)) K dS
//   dS   = e^gamma_n dS + (diag(e^gamma) Q)^T dO - W^T dV'
//
//   As forward (chunk_state.cuh): a block has kColumns of the Dv columns, dS stays in registers, and the
//   operands of the chunk to come are copied meanwhile. dS of each chunk is kept for chunk_gradients.
#pragma once

#include "kernels/delta_rule/chunk_output.cuh"
#include "kernels/delta_rule/chunk_state.cuh"

namespace hone::kernels::delta {

struct BackwardOperands : Operands {
  const bf16* grad_o;             // [N, Hv, Dv]
  const float* grad_final_state;  // [documents, Hv, Dk, Dv] or null
  bf16* dVn;                      // [N, Hv, Dv]
  bf16* dstates;                  // [chunks, Hv, Dk, Dv]: of S after each chunk
  bf16 *dq, *dk;                  // [N, Hk, Dk]
  bf16* dv;                       // [N, Hv, Dv]
  float *dg, *dbeta;              // [N, Hv]
  float* dinitial_state;          // [documents, Hv, Dk, Dv] or null
};

template <int kDk, int kDv>
struct OutputBackwardShared {
  static constexpr size_t kQ = 0;
  static constexpr size_t kK = kQ + SharedTile<kDk>::bytes(kChunk);
  static constexpr size_t kO = kK + SharedTile<kDk>::bytes(kChunk);
  static constexpr size_t kP = kO + SharedTile<kDv>::bytes(kChunk);
  static constexpr size_t kGamma = kP + SharedTile<kChunk>::bytes(kChunk);
  static constexpr size_t kBytes = kGamma + kChunk * sizeof(float);
};

// The chunk's gamma in shared memory; beyond its last row it stays as it was there.
__device__ inline void load_gamma(const Operands& a, const GroupBlock& chunk, int64_t h,
                                  float* gamma) {
  if (threadIdx.x >= kChunk) return;
  const int64_t t = chunk.begin + threadIdx.x;
  gamma[threadIdx.x] = a.gamma[a.row(t < chunk.end ? t : chunk.end - 1, h)];
}

// P = Lower((Q K^T) * Gamma), Q scaled, for warp (i, j): rows 16 i .., columns 32 j ...
template <int kDk>
__device__ void scores_of(const Operands& a, const SharedTile<kDk>& q, const SharedTile<kDk>& k,
                          const float* gamma, FragmentC (&p)[4]) {
  const int row = threadIdx.x / 32 % 4 * 16, column = threadIdx.x / 32 / 4 * 32;
  add_rows_by_columns<kDk>(q, row, k, column, p);
#pragma unroll
  for (int j = 0; j < 4; ++j)
#pragma unroll
    for (int x = 0; x < 4; ++x) {
      const int lane = threadIdx.x % 32;
      const int i = row + lane / 4 + x / 2 * 8, c = column + 8 * j + lane % 4 * 2 + x % 2;
      p[j].x[x] = c <= i ? p[j].x[x] * a.query_scale * __expf(gamma[i] - gamma[c]) : 0.f;
    }
}

// Grid: value heads x chunks.
template <int kDk, int kDv>
__global__ void __launch_bounds__(kThreads) output_backward_kernel(BackwardOperands a) {
  using Shared = OutputBackwardShared<kDk, kDv>;
  extern __shared__ __align__(128) unsigned char shared[];
  const GroupBlock chunk = a.chunks.at(blockIdx.y);
  if (chunk.empty()) return;
  const int64_t h = blockIdx.x, t = chunk.begin, rows = chunk.end - chunk.begin;
  const SharedTile<kDk> q(shared + Shared::kQ), k(shared + Shared::kK);
  const SharedTile<kDv> dO(shared + Shared::kO);
  const SharedTile<kChunk> P(shared + Shared::kP);
  float* const gamma = reinterpret_cast<float*>(shared + Shared::kGamma);
  copy_tile<kChunk>(q, a.q.at(t, h / a.G), a.q.row_stride, rows);
  copy_tile<kChunk>(k, a.k.at(t, h / a.G), a.k.row_stride, rows);
  copy_tile<kChunk>(dO, a.grad_o + a.row(t, h) * kDv, a.Hv * kDv, rows);
  commit_copies();
  load_gamma(a, chunk, h, gamma);
  wait_for_copies<0>();
  __syncthreads();  // the tiles and gamma are there
  const int row = threadIdx.x / 32 % 4 * 16, half = threadIdx.x / 32 / 4;
  FragmentC p[4] = {};
  scores_of(a, q, k, gamma, p);
#pragma unroll
  for (int j = 0; j < 4; ++j)
    for_pairs(p[j], row, half * 32 + 8 * j,
              [&](int i, int c, float low, float high) { store_pair(P, i, c, low, high); });
  __syncthreads();  // P is there
  constexpr int kTiles = kDv / 16;
  FragmentC sum[kTiles] = {};
  add_columns_by_rows<kChunk>(P, row, dO, half * (kDv / 2), sum);
#pragma unroll
  for (int j = 0; j < kTiles; ++j)
    for_pairs(sum[j], row, half * (kDv / 2) + 8 * j, [&](int i, int c, float low, float high) {
      if (i < rows)
        *reinterpret_cast<uint32_t*>(a.dVn + a.row(t + i, h) * kDv + c) = pack_bf16(low, high);
    });
}

template <int kDk>
struct StateBackwardShared {
  using Wide = SharedTile<kDk>;
  using Narrow = SharedTile<kColumns>;
  static constexpr size_t kWide = Wide::bytes(kChunk), kNarrow = Narrow::bytes(kChunk);
  static constexpr size_t kStage = 3 * kWide + 2 * kNarrow + kChunk * sizeof(float);
  static constexpr size_t kS = 2 * kStage;
  static constexpr size_t kRows = kS + Narrow::bytes(kDk);
  static constexpr size_t kBytes = kRows + 2 * kNarrow;

  unsigned char* base;
  __device__ unsigned char* stage(int64_t i) const { return base + i % 2 * kStage; }
  __device__ Wide K(int64_t i) const { return Wide(stage(i)); }
  __device__ Wide Q(int64_t i) const { return Wide(stage(i) + kWide); }
  __device__ Wide W(int64_t i) const { return Wide(stage(i) + 2 * kWide); }
  __device__ Narrow dO(int64_t i) const { return Narrow(stage(i) + 3 * kWide); }
  __device__ Narrow dVn(int64_t i) const { return Narrow(stage(i) + 3 * kWide + kNarrow); }
  __device__ float* gamma(int64_t i) const {
    return reinterpret_cast<float*>(stage(i) + 3 * kWide + 2 * kNarrow);
  }
  __device__ Narrow dS() const { return Narrow(base + kS); }
  __device__ Narrow scaled_dO() const { return Narrow(base + kRows); }
  __device__ Narrow minus_dVn() const { return Narrow(base + kRows + kNarrow); }
};

// Grid: (Dv / kColumns) x value heads x documents.
template <int kDk, int kDv>
__global__ void __launch_bounds__(kThreads) state_backward_kernel(BackwardOperands a) {
  extern __shared__ __align__(128) unsigned char shared[];
  const StateBackwardShared<kDk> m{shared};
  const int64_t column = int64_t{blockIdx.x} * kColumns, h = blockIdx.y, s = blockIdx.z;
  const int64_t begin = a.chunks.offsets[s], end = a.chunks.offsets[s + 1];
  const int64_t chunks = (end - begin + kChunk - 1) / kChunk, first = a.chunks.first_block(s);
  const int warp = threadIdx.x / 32, state_row = warp * 16;
  const bool has_rows = state_row < kDk;
  const auto copy = [&](int64_t i) {
    const int64_t t = begin + i * kChunk, rows = end - t < kChunk ? end - t : kChunk;
    copy_tile<kChunk>(m.K(i), a.k.at(t, h / a.G), a.k.row_stride, rows);
    copy_tile<kChunk>(m.Q(i), a.q.at(t, h / a.G), a.q.row_stride, rows);
    copy_tile<kChunk>(m.W(i), a.W + a.row(t, h) * kDk, a.Hv * kDk, rows);
    copy_tile<kChunk>(m.dO(i), a.grad_o + a.row(t, h) * kDv + column, a.Hv * kDv, rows);
    copy_tile<kChunk>(m.dVn(i), a.dVn + a.row(t, h) * kDv + column, a.Hv * kDv, rows);
    commit_copies();
    load_gamma(a, {t, t + rows, begin, end, s}, h, m.gamma(i));
  };
  FragmentC dS[kColumns / 8] = {};
  const int64_t matrix = (s * a.Hv + h) * kDk * kDv + column;
  const auto each_pair = [&](auto f) {  // f(x, x + 1, row, column) of the warp's part of dS
#pragma unroll
    for (int j = 0; j < kColumns / 8; ++j)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int lane = threadIdx.x % 32;
        f(dS[j].x[2 * half], dS[j].x[2 * half + 1], state_row + lane / 4 + 8 * half,
          8 * j + lane % 4 * 2);
      }
  };
  if (a.grad_final_state && has_rows)
    each_pair([&](float& low, float& high, int r, int c) {
      low = a.grad_final_state[matrix + r * kDv + c];
      high = a.grad_final_state[matrix + r * kDv + c + 1];
    });
  if (chunks > 0) copy(chunks - 1);
  for (int64_t i = chunks - 1; i >= 0; --i) {
    const int64_t t = begin + i * kChunk, rows = end - t < kChunk ? end - t : kChunk;
    bf16* const kept = a.dstates + ((first + i) * a.Hv + h) * kDk * kDv + column;
    if (has_rows)
      each_pair([&](float& low, float& high, int r, int c) {
        store_pair(m.dS(), r, c, low, high);
        *reinterpret_cast<uint32_t*>(kept + r * kDv + c) = pack_bf16(low, high);
      });
    wait_for_copies<0>();
    __syncthreads();  // the chunk's operands and dS are there, and everybody is done with the one before
    if (i > 0) copy(i - 1);
    const float* const gamma = m.gamma(i);
    const float last = gamma[kChunk - 1];
    const int row = warp % 4 * 16, part = warp / 4 * 16;
    FragmentC from_state[2] = {};
    add_rows_by_rows<kDk>(m.K(i), row, m.dS(), part, from_state);
#pragma unroll
    for (int j = 0; j < 2; ++j)
      for_pairs(from_state[j], row, part + 8 * j, [&](int r, int c, float low, float high) {
        const uint32_t local = load_pair(m.dVn(i), r, c), out = load_pair(m.dO(i), r, c);
        const float to_end = __expf(last - gamma[r]);
        low = low_bf16(local) + to_end * low;
        high = high_bf16(local) + to_end * high;
        if (r < rows)
          *reinterpret_cast<uint32_t*>(a.dVn + a.row(t + r, h) * kDv + column + c) =
              pack_bf16(low, high);
        store_pair(m.minus_dVn(), r, c, -low, -high);
        const float decay = a.query_scale * __expf(gamma[r]);
        store_pair(m.scaled_dO(), r, c, decay * low_bf16(out), decay * high_bf16(out));
      });
    __syncthreads();  // -dV' and the scaled dO are there
    if (!has_rows) continue;
    const float decay = __expf(last);
#pragma unroll
    for (FragmentC& f : dS)
#pragma unroll
      for (float& x : f.x) x *= decay;
    add_columns_by_rows<kChunk>(m.Q(i), state_row, m.scaled_dO(), 0, dS);
    add_columns_by_rows<kChunk>(m.W(i), state_row, m.minus_dVn(), 0, dS);
  }
  if (a.dinitial_state && has_rows)
    each_pair([&](float& low, float& high, int r, int c) {
      a.dinitial_state[matrix + r * kDv + c] = low;
      a.dinitial_state[matrix + r * kDv + c + 1] = high;
    });
}

}  // namespace hone::kernels::delta
