// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Stage 2: what a chunk really writes, given the state S before it, and the state after it.
//
//   V' = U - W S          S_next = e^gamma_n S + K^T diag(e^(gamma_n - gamma)) V'
//
//   The only stage that goes from chunk to chunk. A block has kColumns of the Dv columns of one document
//   and value head, which do not touch each other: S^[Dk, kColumns] stays in registers, rounded to bf16
//   for each product with W. The next chunk's operands are copied meanwhile.
#pragma once

#include "kernels/delta_rule/tensor_core.cuh"

namespace hone::kernels::delta {

constexpr int kColumns = 32;

template <int kDk>
struct StateShared {
  static constexpr size_t kStage = 2 * SharedTile<kDk>::bytes(kChunk) +
                                   SharedTile<kColumns>::bytes(kChunk) + kChunk * sizeof(float);
  static constexpr size_t kS = 2 * kStage;
  static constexpr size_t kV = kS + SharedTile<kColumns>::bytes(kDk);
  static constexpr size_t kBytes = kV + SharedTile<kColumns>::bytes(kChunk);

  unsigned char* base;
  __device__ unsigned char* stage(int64_t i) const { return base + i % 2 * kStage; }
  __device__ SharedTile<kDk> W(int64_t i) const { return SharedTile<kDk>(stage(i)); }
  __device__ SharedTile<kDk> K(int64_t i) const {
    return SharedTile<kDk>(stage(i) + SharedTile<kDk>::bytes(kChunk));
  }
  __device__ SharedTile<kColumns> U(int64_t i) const {
    return SharedTile<kColumns>(stage(i) + 2 * SharedTile<kDk>::bytes(kChunk));
  }
  __device__ float* gamma(int64_t i) const {
    return reinterpret_cast<float*>(stage(i) + 2 * SharedTile<kDk>::bytes(kChunk) +
                                    SharedTile<kColumns>::bytes(kChunk));
  }
  __device__ SharedTile<kColumns> S() const { return SharedTile<kColumns>(base + kS); }
  __device__ SharedTile<kColumns> Vn() const { return SharedTile<kColumns>(base + kV); }
};

__device__ inline float low_bf16(uint32_t pair) { return __uint_as_float(pair << 16); }
__device__ inline float high_bf16(uint32_t pair) { return __uint_as_float(pair & 0xffff0000u); }

template <int kD>
__device__ uint32_t load_pair(const SharedTile<kD>& tile, int row, int column) {
  uint32_t pair;
  asm volatile("ld.shared.b32 %0, [%1];"
               : "=r"(pair)
               : "r"(tile.piece(row, column / 8) + static_cast<uint32_t>(column % 8 * 2)));
  return pair;
}

// Grid: (Dv / kColumns) x value heads x documents. 8 warps: for S, warp w has rows w Dk/8 .. (16 where Dk
// is 128); for V', warp (i, j) rows 16 i .. and columns 16 j ...
template <int kDk, int kDv>
__global__ void __launch_bounds__(kThreads) chunk_state_kernel(Operands o) {
  static_assert(kDk % 16 == 0 && kDk <= 128);
  extern __shared__ __align__(128) unsigned char shared[];
  const StateShared<kDk> m{shared};
  const int64_t column = int64_t{blockIdx.x} * kColumns, h = blockIdx.y, s = blockIdx.z;
  const int64_t begin = o.chunks.offsets[s], end = o.chunks.offsets[s + 1];
  const int64_t chunks = (end - begin + kChunk - 1) / kChunk, first = o.chunks.first_block(s);
  const int warp = threadIdx.x / 32;
  const bool has_rows = warp * 16 < kDk;  // fewer warps than 8 hold a small state
  const int state_row = warp * 16;
  const auto copy = [&](int64_t i) {
    const int64_t t = begin + i * kChunk, rows = end - t < kChunk ? end - t : kChunk;
    copy_tile<kChunk>(m.W(i), o.W + o.row(t, h) * kDk, o.Hv * kDk, rows);
    copy_tile<kChunk>(m.K(i), o.k.at(t, h / o.G), o.k.row_stride, rows);
    copy_tile<kChunk>(m.U(i), o.U + o.row(t, h) * kDv + column, o.Hv * kDv, rows);
    commit_copies();
    // Beyond the last row gamma stays what it was there, as if g were 0.
    if (threadIdx.x < kChunk)
      m.gamma(i)[threadIdx.x] =
          o.gamma[o.row(t + (threadIdx.x < rows ? threadIdx.x : rows - 1), h)];
  };
  FragmentC S[kColumns / 8] = {};
  const auto each_state_pair =
      [&](auto f) {  // f(fragment x, x + 1, index in a [Dk, Dv] matrix, row, column)
#pragma unroll
        for (int j = 0; j < kColumns / 8; ++j)
#pragma unroll
          for (int half = 0; half < 2; ++half) {
            const int lane = threadIdx.x % 32;
            const int r = state_row + lane / 4 + 8 * half, c = 8 * j + lane % 4 * 2;
            f(S[j].x[2 * half], S[j].x[2 * half + 1], r * kDv + column + c, r, c);
          }
      };
  const int64_t matrix = (s * o.Hv + h) * kDk * kDv;
  if (o.initial_state && has_rows)
    each_state_pair([&](float& low, float& high, int64_t at, int, int) {
      low = o.initial_state[matrix + at];
      high = o.initial_state[matrix + at + 1];
    });
  if (chunks > 0) copy(0);
  for (int64_t i = 0; i < chunks; ++i) {
    const int64_t t = begin + i * kChunk, rows = end - t < kChunk ? end - t : kChunk;
    bf16* const kept = o.states + ((first + i) * o.Hv + h) * kDk * kDv;
    if (has_rows)
      each_state_pair([&](float& low, float& high, int64_t at, int r, int c) {
        store_pair(m.S(), r, c, low, high);
        *reinterpret_cast<uint32_t*>(kept + at) = pack_bf16(low, high);
      });
    wait_for_copies<0>();
    __syncthreads();  // the chunk's operands and S are there, and everybody is done with the chunk before
    if (i + 1 < chunks) copy(i + 1);
    const float* const gamma = m.gamma(i);
    const float last = gamma[kChunk - 1];
    const int row = warp % 4 * 16, part = warp / 4 * 16;
    FragmentC ws[2] = {};
    add_rows_by_rows<kDk>(m.W(i), row, m.S(), part, ws);
#pragma unroll
    for (int j = 0; j < 2; ++j)
      for_pairs(ws[j], row, part + 8 * j, [&](int r, int c, float low, float high) {
        const uint32_t u = load_pair(m.U(i), r, c);
        low = low_bf16(u) - low;
        high = high_bf16(u) - high;
        if (r < rows)
          *reinterpret_cast<uint32_t*>(o.Vn + o.row(t + r, h) * kDv + column + c) =
              pack_bf16(low, high);
        const float decay = __expf(last - gamma[r]);
        store_pair(m.Vn(), r, c, low * decay, high * decay);
      });
    __syncthreads();  // V' is there
    if (!has_rows) continue;
    const float decay = __expf(last);
#pragma unroll
    for (FragmentC& f : S)
#pragma unroll
      for (float& x : f.x) x *= decay;
    add_columns_by_rows<kChunk>(m.K(i), state_row, m.Vn(), 0, S);
  }
  if (o.final_state && has_rows)
    each_state_pair([&](float& low, float& high, int64_t at, int, int) {
      o.final_state[matrix + at] = low;
      o.final_state[matrix + at + 1] = high;
    });
}

}  // namespace hone::kernels::delta
