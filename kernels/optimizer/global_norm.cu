// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A block of threads for each kNormBlock gradients, then one for their sums, which also decides the
// step: the host is not asked.
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/optimizer/global_norm.h"

namespace hone::kernels {
namespace {

constexpr int kThreads = 512;

template <int W, class T>
__global__ void __launch_bounds__(kThreads) sums_kernel(const T* g, int64_t n, double* sums) {
  const int64_t begin = int64_t{blockIdx.x} * kNormBlock;
  const int64_t end = begin + kNormBlock < n ? begin + kNormBlock : n;
  double sum = 0;
  for (int64_t i = begin + int64_t{threadIdx.x} * W; i < end; i += kThreads * W) {
    const Vec<T, W> x = load<W>(g + i);
#pragma unroll
    for (int k = 0; k < W; ++k) sum += static_cast<double>(x[k]) * static_cast<double>(x[k]);
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(kThreads)
    factor_kernel(const double* sums, int64_t blocks, const double* losses, int64_t loss_count,
                  double max_norm, float* norm, float* clip, int64_t* step) {
  double sum = 0;
  for (int64_t b = threadIdx.x; b < blocks; b += kThreads) sum += sums[b];
  sum = block_sum(sum);
  if (threadIdx.x != 0) return;
  const double total = sqrt(sum);
  *norm = static_cast<float>(total);
  bool taken = isfinite(*norm);
  for (int64_t i = 0; i < loss_count; ++i) taken = taken && isfinite(losses[i]);
  const double factor = max_norm > 0 ? fmin(1.0, max_norm / (total + 1e-6)) : 1;
  *clip = taken ? static_cast<float>(factor) : nanf("");
  if (taken) ++*step;
}

}  // namespace

void clip_factor(Cuda device, const Tensor& g, const Tensor& losses, double max_norm,
                 const Tensor& norm, const StepScalars& scalars, const Tensor& partial) {
  const int64_t blocks = partial.numel();
  double* const sums = partial.data<double>();
  visit_float(g.dtype(), [&]<class T>() {
    if constexpr (!std::is_same_v<T, bf16>) {
      if (are_vectors(kLanes<T>, g.numel(), {g}))
        launch(device, sums_kernel<kLanes<T>, T>, grid_size(blocks), kThreads, 0, g.data<T>(),
               g.numel(), sums);
      else
        launch(device, sums_kernel<1, T>, grid_size(blocks), kThreads, 0, g.data<T>(), g.numel(),
               sums);
    }
  });
  launch(device, factor_kernel, 1, kThreads, 0, sums, blocks,
         losses.defined() ? losses.data<double>() : nullptr,
         losses.defined() ? losses.numel() : int64_t{0}, max_norm, norm.data<float>(),
         scalars.clip.data<float>(), scalars.step.data<int64_t>());
}

}  // namespace hone::kernels
