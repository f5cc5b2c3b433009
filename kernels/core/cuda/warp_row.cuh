// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Kernels with one warp for each row of some hundred elements, such as a head.
#pragma once

#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/vec.cuh"

namespace hone::kernels {

// Calls f(d) for the lane's share of [0, size): vectors of W elements, the lanes side by side. A row
// that was read once comes from the L1 cache after that.
template <int W, class F>
__device__ void for_lane_vectors(int64_t size, F&& f) {
  for (int64_t d = int64_t{threadIdx.x % kWarp} * W; d < size; d += kWarp * W) f(d);
}

// The widest vector that leaves no lane of a warp idle on rows of `size` elements: calls
// f.operator()<W>() with a W of 1, 2, 4 or 8, at most 16 bytes. `aligned`: whether such vectors fit
// (are_vectors with the widest).
template <class T, class F>
void visit_lane_width(int64_t size, bool aligned, F&& f) {
  if (aligned && kLanes<T> >= 8 && size % (8 * kWarp) == 0)
    f.template operator()<(kLanes<T> >= 8 ? 8 : kLanes<T>)>();
  else if (aligned && kLanes<T> >= 4 && size % (4 * kWarp) == 0)
    f.template operator()<(kLanes<T> >= 4 ? 4 : kLanes<T>)>();
  else if (aligned && size % (2 * kWarp) == 0)
    f.template operator()<2>();
  else
    f.template operator()<1>();
}

// Rows that are no longer than a warp's vectors are shared by fewer lanes: a warp takes several at a
// time, so that each lane still has a whole vector.
struct LaneGroup {
  int lanes;  // of a row: a power of two up to 32

  __device__ int rows() const { return kWarp / lanes; }  // of a warp at a time
  __device__ int row() const { return static_cast<int>(threadIdx.x % kWarp) / lanes; }
  __device__ int lane() const { return static_cast<int>(threadIdx.x % kWarp) % lanes; }

  // Every lane gets the sum over its row's. To be called by whole warps.
  template <class A>
  __device__ A sum(A x) const {
#pragma unroll
    for (int offset = kWarp / 2; offset > 0; offset /= 2) {
      const A other = __shfl_xor_sync(~0u, x, offset);
      if (offset < lanes) x += other;
    }
    return x;
  }
  // Calls f(d) for the lane's vectors of W elements but its first.
  template <int W, class F>
  __device__ void for_other_vectors(int64_t size, F&& f) const {
    for (int64_t d = int64_t{lane() + lanes} * W; d < size; d += lanes * W) f(d);
  }
};

// The widest vectors for rows of `size` elements and how many lanes share a row: calls
// f.operator()<W>(group).
template <class T, class F>
void visit_lane_group(int64_t size, bool aligned, F&& f) {
  constexpr int kWidest = kLanes<T>;
  const int64_t vectors = size / kWidest;
  const bool whole = aligned && size % kWidest == 0;
  if (whole && (vectors >= kWarp || (vectors > 0 && (vectors & (vectors - 1)) == 0)))
    return f.template operator()<kWidest>(
        LaneGroup{static_cast<int>(vectors < kWarp ? vectors : kWarp)});
  visit_lane_width<T>(size, aligned, [&]<int W>() { f.template operator()<W>(LaneGroup{kWarp}); });
}

}  // namespace hone::kernels
