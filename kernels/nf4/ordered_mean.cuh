// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// ordered_mean.h on the GPU itself, addition by addition.
#pragma once

#include "kernels/core/cuda/launch.cuh"
#include "kernels/nf4/ordered_mean.h"

namespace hone::kernels {

constexpr int kOrderedMeanThreads = 512;  // at most

// The sum over the block, a power of two of threads, as a binary tree. Thread 0 gets it.
__device__ inline float tree_sum(float x) {
  __shared__ float sums[kOrderedMeanThreads];
  sums[threadIdx.x] = x;
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();  // the sums before these are there
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  return threadIdx.x == 0 ? sums[0] : 0.f;  // thread 0 wrote it
}

// What one thread of the launch adds up.
__device__ inline float ordered_thread_sum(const float* x, int64_t n, bool vectorised) {
  constexpr int64_t kWidth = kOrderedMeanWidth;
  const int64_t index = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  float sums[kWidth] = {};
  if (vectorised) {
    for (int64_t i = index; i * kWidth + kWidth - 1 < n; i += stride)
#pragma unroll
      for (int64_t j = 0; j < kWidth; ++j) sums[j] += x[i * kWidth + j];
    const int64_t rest = n - n % kWidth + index;  // the last one to three numbers: block 0
    if (blockIdx.x == 0 && rest < n) sums[0] += x[rest];
  } else {
    for (int64_t i = index; i < n; i += kWidth * stride)
#pragma unroll
      for (int64_t j = 0; j < kWidth; ++j)
        if (i + j * stride < n) sums[j] += x[i + j * stride];
  }
  return ((sums[0] + sums[1]) + sums[2]) + sums[3];
}

// A block's sum goes to block_sums; if it is the only one, times `factor` to `mean` instead.
template <class = void>
__global__ void __launch_bounds__(kOrderedMeanThreads)
    ordered_sums_kernel(const float* x, int64_t n, bool vectorised, float factor, float* block_sums,
                        float* mean) {
  const float sum = tree_sum(ordered_thread_sum(x, n, vectorised));
  if (threadIdx.x != 0) return;
  if (gridDim.x == 1)
    *mean = sum * factor;
  else
    block_sums[blockIdx.x] = sum;
}

// One block of as many threads: the sums of the blocks become the mean.
template <class = void>
__global__ void __launch_bounds__(kOrderedMeanThreads)
    ordered_mean_kernel(const float* block_sums, int64_t blocks, float factor, float* mean) {
  float sum = 0;
  for (int64_t b = threadIdx.x; b < blocks; b += blockDim.x) sum += block_sums[b];
  sum = tree_sum(sum);
  if (threadIdx.x == 0) *mean = sum * factor;
}

// The mean of x [n], n > 0. block_sums: scratch [ordered_mean_launch(n).blocks].
inline void ordered_mean(Cuda device, const float* x, int64_t n, float* block_sums, float* mean) {
  const OrderedMeanLaunch shape = ordered_mean_launch(n);
  const float factor = 1.0f / static_cast<float>(n);
  const auto threads = static_cast<unsigned>(shape.threads);
  launch(device, ordered_sums_kernel<>, grid_size(shape.blocks), threads, 0, x, n, shape.vectorised,
         factor, block_sums, mean);
  if (shape.blocks > 1)
    launch(device, ordered_mean_kernel<>, 1, threads, 0, block_sums, shape.blocks, factor, mean);
}

}  // namespace hone::kernels
