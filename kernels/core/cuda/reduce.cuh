// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Sums over the threads of a warp or a block, always in the same order.
#pragma once

#include "kernels/core/cuda/launch.cuh"

namespace hone::kernels {

// Every thread of the warp gets the sum of all 32 values.
template <class A>
__device__ inline A warp_sum(A x) {
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset /= 2) x += __shfl_xor_sync(~0u, x, offset);
  return x;
}

template <class A>
__device__ inline A warp_max(A x) {
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    const A other = __shfl_xor_sync(~0u, x, offset);
    x = other > x ? other : x;
  }
  return x;
}

// Every thread of a one-dimensional block of whole warps gets the sum of all values. To be called by
// all of them.
template <class A>
__device__ inline A block_sum(A x) {
  __shared__ A sums[kWarp];
  x = warp_sum(x);
  __syncthreads();  // the sum before this one has been read
  if (threadIdx.x % kWarp == 0) sums[threadIdx.x / kWarp] = x;
  __syncthreads();  // all sums are there
  A total = 0;
  for (unsigned w = 0; w < blockDim.x / kWarp; ++w) total += sums[w];
  return total;
}

}  // namespace hone::kernels
