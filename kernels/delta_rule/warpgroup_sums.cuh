// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What warpgroup_gradients does with the f32 sums of its products, which lie in registers as
// FragmentC (mma.cuh) says.
#pragma once

#include "kernels/delta_rule/warpgroup_tiles.cuh"

namespace hone::kernels::delta {

// The half of the columns that the thread's warpgroup has.
__device__ inline int group_half() { return static_cast<int>(threadIdx.x) / kGroup; }

// f(i, c, value) for each element of the warpgroup's sum; value may be changed.
template <class F>
__device__ void each_of_sum(FragmentC (&s)[8], F f) {
#pragma unroll
  for (int j = 0; j < 8; ++j)
#pragma unroll
    for (int x = 0; x < 4; ++x)
      f(16 * group_warp() + lane_group() + x / 2 * 8, 8 * j + 2 * lane_pair() + x % 2, s[j].x[x]);
}

// dots[half][i] = row i of the warpgroup's sum . columns [64 half, 64 half + 64) of row i of the tile.
__device__ inline void row_dots(const FragmentC (&s)[8], const WideTile& tile,
                                float (*dots)[kChunk]) {
  float sum[2] = {};
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    const FragmentA f = load_fragment(tile, 16 * group_warp(), 8 * group_half() + 2 * k);
#pragma unroll
    for (int x = 0; x < 4; ++x) {
      const FragmentC& c = s[2 * k + x / 2];
      sum[x % 2] += c.x[x % 2 * 2] * low_half(f.x[x]) + c.x[x % 2 * 2 + 1] * high_half(f.x[x]);
    }
  }
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float x = sum[half];
    x += __shfl_xor_sync(~0u, x, 1);
    x += __shfl_xor_sync(~0u, x, 2);
    if (lane_pair() == 0) dots[group_half()][16 * group_warp() + lane_group() + 8 * half] = x;
  }
}

// to += factor(row) * from.
template <class F>
__device__ void add_scaled(FragmentC (&to)[8], const FragmentC (&from)[8], F factor) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float f = factor(16 * group_warp() + lane_group() + 8 * half);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      to[j].x[2 * half] += f * from[j].x[2 * half];
      to[j].x[2 * half + 1] += f * from[j].x[2 * half + 1];
    }
  }
}

// The warpgroup's sum, rounded, to rows of 64 elements, `stride` apart, of which `rows` exist. Lanes of four
// change elements, so that each writes 16 bytes.
__device__ inline void write_sum(const FragmentC (&s)[8], bf16* to, int64_t stride, int64_t rows) {
  const int pair = lane_pair();
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = 16 * group_warp() + lane_group() + 8 * half;
#pragma unroll
    for (int first = 0; first < 8; first += 4) {
      uint32_t x[4];
#pragma unroll
      for (int j = 0; j < 4; ++j)
        x[j] = pack_bf16(s[first + j].x[2 * half], s[first + j].x[2 * half + 1]);
#pragma unroll
      for (int step = 1; step < 4; step *= 2) {  // a transpose of 4 x 4, lanes by elements
        const bool upper = pair & step;
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          if (j & step) continue;
          const uint32_t other = __shfl_xor_sync(~0u, upper ? x[j] : x[j | step], step);
          (upper ? x[j] : x[j | step]) = other;
        }
      }
      if (row < rows)
        *reinterpret_cast<uint4*>(to + row * stride + 8 * (first + pair)) = {x[0], x[1], x[2],
                                                                             x[3]};
    }
  }
}

// sums[warp][j] = sum of E_im over the warp's rows i >= j and m < j, E lower triangular.
__device__ inline void crossing_sums(const FragmentC (&E)[8], float (*sums)[kChunk]) {
  float before[2] = {};  // of the row's elements left of the tile
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    const int c = 8 * j + 2 * lane_pair();
    float sum[2] = {};  // for columns c and c + 1
    if (8 * j <= 16 * group_warp() + 15) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int i = 16 * group_warp() + lane_group() + 8 * half;
        const float low = E[j].x[2 * half], high = E[j].x[2 * half + 1];
        float up_to = low + high;  // of the tile's elements up to this lane's
        float other = __shfl_up_sync(~0u, up_to, 1, 4);
        if (lane_pair() >= 1) up_to += other;
        other = __shfl_up_sync(~0u, up_to, 2, 4);
        if (lane_pair() >= 2) up_to += other;
        const float all = __shfl_sync(~0u, up_to, 3, 4);
        const float left = __shfl_up_sync(~0u, up_to, 1, 4);
        const float start = before[half] + (lane_pair() >= 1 ? left : 0.f);
        if (i >= c) sum[0] += start;
        if (i >= c + 1) sum[1] += start + low;
        before[half] += all;
      }
#pragma unroll
      for (int lanes = 4; lanes < 32; lanes *= 2)
#pragma unroll
        for (float& x : sum) x += __shfl_xor_sync(~0u, x, lanes);
    }
    if (lane_group() == 0) *reinterpret_cast<float2*>(sums[group_warp()] + c) = {sum[0], sum[1]};
  }
}

}  // namespace hone::kernels::delta
