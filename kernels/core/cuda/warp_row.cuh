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

}  // namespace hone::kernels
