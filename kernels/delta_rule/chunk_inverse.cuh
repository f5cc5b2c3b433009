// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tm = (I + A)^-1 of a strictly lower triangular A [64, 64], in f32 and in A's place:
//
//   The four 16 x 16 blocks of the diagonal by substitution, a thread a column; then twice two
//   neighbours become one of double size,
//     [[A11, 0], [A21, A22]]^-1 = [[T11, 0], [-T22 A21 T11, T22]].
#pragma once

#include "kernels/core/cuda/vec.cuh"
#include "kernels/delta_rule/delta_rule.h"

namespace hone::kernels::delta {

constexpr int kChunk = static_cast<int>(kDeltaChunk);

// Floats from a row of the square to the next: whole vectors, and pairs of eight neighbours down lie
// in different banks.
constexpr int kSquareRow = kChunk + 8;

// The blocks of the diagonal: column c of block b by thread 16 b + c.
__device__ inline void invert_blocks(float* square) {
  if (threadIdx.x < kChunk) {
    const int base = threadIdx.x / 16 * 16, c = threadIdx.x % 16;
    float x[16];
#pragma unroll
    for (int i = 0; i < 16; ++i) {
      x[i] = i == c ? 1.f : 0.f;
#pragma unroll
      for (int j = 0; j < i; j += 4) {
        const Vec<float, 4> a = load<4>(square + (base + i) * kSquareRow + base + j);
#pragma unroll
        for (int k = 0; k < 4; ++k)
          if (j + k < i) x[i] -= a[k] * x[j + k];
      }
    }
    __syncwarp();  // the warp's two blocks have been read
#pragma unroll
    for (int i = 0; i < 16; ++i) square[(base + i) * kSquareRow + base + c] = x[i];
  }
  __syncthreads();  // the four blocks are there
}

// sum[r][w] = sum_k a[k] b[k, w] for kR rows a, kApart rows of the square apart.
template <int kTerms, int kApart, int kR, int kW>
__device__ void rows_times_square(const float* a, const float* b, float (&sum)[kR][kW]) {
#pragma unroll
  for (int r = 0; r < kR; ++r)
#pragma unroll
    for (int w = 0; w < kW; ++w) sum[r][w] = 0;
#pragma unroll
  for (int k = 0; k < kTerms; k += 4) {
    Vec<float, 4> x[kR];
#pragma unroll
    for (int r = 0; r < kR; ++r) x[r] = load<4>(a + r * kApart * kSquareRow + k);
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const Vec<float, kW> row = load<kW>(b + (k + j) * kSquareRow);
#pragma unroll
      for (int r = 0; r < kR; ++r)
#pragma unroll
        for (int w = 0; w < kW; ++w) sum[r][w] += x[r][j] * row[w];
    }
  }
}

// Joins blocks of kSize: T21 = -T22 (A21 T11). A thread makes kW neighbours of kR rows; what is in
// brackets waits in the place of T21. Zeros above the diagonal are multiplied as if they were not: all
// threads have as many terms.
template <int kSize, int kThreads>
__device__ void join_blocks(float* square) {
  constexpr int kEach = kChunk / 2 * kSize / kThreads, kW = kEach < 4 ? kEach : 4;
  constexpr int kR = kEach / kW, kApart = kSize / kR, kOfRow = kSize / kW;
  const int pair = threadIdx.x / (kApart * kOfRow);
  const int top = pair * 2 * kSize, bottom = top + kSize;
  const int row = bottom + threadIdx.x / kOfRow % kApart, column = top + threadIdx.x % kOfRow * kW;
  float sum[kR][kW];
  const auto put = [&](float sign) {
    __syncthreads();  // everybody has read what will be replaced
#pragma unroll
    for (int r = 0; r < kR; ++r) {
      Vec<float, kW> out;
#pragma unroll
      for (int w = 0; w < kW; ++w) out[w] = sign * sum[r][w];
      store(square + (row + r * kApart) * kSquareRow + column, out);
    }
    __syncthreads();  // the product is there
  };
  rows_times_square<kSize, kApart>(square + row * kSquareRow + top,
                                   square + top * kSquareRow + column, sum);
  put(1);
  rows_times_square<kSize, kApart>(square + row * kSquareRow + bottom,
                                   square + bottom * kSquareRow + column, sum);
  put(-1);
}

// To be called by the whole block once A is complete, with zeros on and above its diagonal.
template <int kThreads>
__device__ void invert(float* square) {
  invert_blocks(square);
  join_blocks<16, kThreads>(square);
  join_blocks<32, kThreads>(square);
}

}  // namespace hone::kernels::delta
