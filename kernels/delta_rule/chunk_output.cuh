// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Stage 3: what the chunk's rows read, from the state before it and from the rows above them.
//
//   P = Lower((Q K^T) * Gamma)      O = diag(e^gamma) Q S + P V'
#pragma once

#include "kernels/delta_rule/tensor_core.cuh"

namespace hone::kernels::delta {

template <int kDk, int kDv>
struct OutputShared {
  static constexpr size_t kQ = 0;
  static constexpr size_t kK = kQ + SharedTile<kDk>::bytes(kChunk);
  static constexpr size_t kS = kK + SharedTile<kDk>::bytes(kChunk);
  static constexpr size_t kV = kS + SharedTile<kDv>::bytes(kDk);
  static constexpr size_t kP = kV + SharedTile<kDv>::bytes(kChunk);
  static constexpr size_t kGamma = kP + SharedTile<kChunk>::bytes(kChunk);
  static constexpr size_t kBytes = kGamma + kChunk * sizeof(float);
};

// Grid: value heads x chunks. Warp (i, j), i < 4, j < 2, has rows 16 i .. and half j of the columns.
template <int kDk, int kDv>
__global__ void __launch_bounds__(kThreads) chunk_output_kernel(Operands a) {
  using Shared = OutputShared<kDk, kDv>;
  extern __shared__ __align__(128) unsigned char shared[];
  const GroupBlock chunk = a.chunks.at(blockIdx.y);
  if (chunk.empty()) return;
  const int64_t h = blockIdx.x, t = chunk.begin, rows = chunk.end - chunk.begin;
  const SharedTile<kDk> q(shared + Shared::kQ), k(shared + Shared::kK);
  const SharedTile<kDv> S(shared + Shared::kS), v(shared + Shared::kV);
  const SharedTile<kChunk> P(shared + Shared::kP);
  float* const gamma = reinterpret_cast<float*>(shared + Shared::kGamma);
  copy_tile<kChunk>(q, a.q.at(t, h / a.G), a.q.row_stride, rows);
  copy_tile<kChunk>(k, a.k.at(t, h / a.G), a.k.row_stride, rows);
  commit_copies();
  copy_tile<kDk>(S, a.states + (blockIdx.y * a.Hv + h) * kDk * kDv, kDv, kDk);
  copy_tile<kChunk>(v, a.Vn + a.row(t, h) * kDv, a.Hv * kDv, rows);
  commit_copies();
  if (threadIdx.x < kChunk)
    gamma[threadIdx.x] = threadIdx.x < rows ? a.gamma[a.row(t + threadIdx.x, h)] : 0.f;
  wait_for_copies<1>();
  __syncthreads();  // Q, K and gamma are there
  const int row = threadIdx.x / 32 % 4 * 16, half = threadIdx.x / 32 / 4;
  FragmentC scores[4] = {};
  add_rows_by_columns<kDk>(q, row, k, half * 32, scores);
#pragma unroll
  for (int j = 0; j < 4; ++j)
    for_pairs(scores[j], row, half * 32 + 8 * j, [&](int i, int c, float low, float high) {
      low = c <= i ? low * a.query_scale * __expf(gamma[i] - gamma[c]) : 0.f;
      high = c + 1 <= i ? high * a.query_scale * __expf(gamma[i] - gamma[c + 1]) : 0.f;
      store_pair(P, i, c, low, high);
    });
  wait_for_copies<0>();
  __syncthreads();  // P, S and V' are there
  constexpr int kTiles = kDv / 16;
  FragmentC out[kTiles] = {};
  add_rows_by_rows<kDk>(q, row, S, half * (kDv / 2), out);
#pragma unroll
  for (int x = 0; x < 2; ++x) {
    const float decay = a.query_scale * __expf(gamma[row + threadIdx.x % 32 / 4 + 8 * x]);
#pragma unroll
    for (FragmentC& f : out) {
      f.x[2 * x] *= decay;
      f.x[2 * x + 1] *= decay;
    }
  }
  add_rows_by_rows<kChunk>(P, row, v, half * (kDv / 2), out);
#pragma unroll
  for (int j = 0; j < kTiles; ++j)
    for_pairs(out[j], row, half * (kDv / 2) + 8 * j, [&](int i, int c, float low, float high) {
      if (i < rows)
        *reinterpret_cast<uint32_t*>(a.o + a.row(t + i, h) * kDv + c) = pack_bf16(low, high);
    });
}

}  // namespace hone::kernels::delta
