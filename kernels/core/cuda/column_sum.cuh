// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The last step of a gradient that is summed over rows: partial sums become one.
#pragma once

#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/grad_target.h"
#include "tensor/tensor.h"

namespace hone::kernels {

constexpr int kColumnSumGroups = 32;  // of rows, each summed by a warp

// One warp per group of rows and 32 columns; the groups are added in order.
template <class A>
__global__ void __launch_bounds__(kWarp* kColumnSumGroups)
    column_sum_kernel(const A* partial, int64_t rows, int64_t row_stride, int64_t columns, A* sum,
                      bool accumulate) {
  __shared__ A groups[kColumnSumGroups][kWarp];
  const int64_t c = int64_t{blockIdx.x} * kWarp + threadIdx.x;
  A x = 0;
  if (c < columns)
    for (int64_t r = threadIdx.y; r < rows; r += kColumnSumGroups) x += partial[r * row_stride + c];
  groups[threadIdx.y][threadIdx.x] = x;
  __syncthreads();  // all groups are there
  if (threadIdx.y != 0 || c >= columns) return;
  A total = accumulate ? sum[c] : A(0);
  for (int g = 0; g < kColumnSumGroups; ++g) total += groups[g][threadIdx.x];
  sum[c] = total;
}

// target = the sum over `rows` rows, row_stride elements apart, or target += it. A: the dtype of both.
template <class A>
void column_sum(Cuda device, const A* partial, int64_t rows, int64_t row_stride,
                const GradTarget& target) {
  const int64_t columns = target.tensor.numel();
  launch(device, column_sum_kernel<A>, grid_size(ceil_div(columns, kWarp)),
         dim3(kWarp, kColumnSumGroups), 0, partial, rows, row_stride, columns,
         target.tensor.data<A>(), target.accumulate);
}

// The same over the rows of `partial` [rows, columns].
template <class A>
void column_sum(Cuda device, const Tensor& partial, const GradTarget& target) {
  column_sum<A>(device, partial.data<A>(), partial.dim(0), target.tensor.numel(), target);
}

}  // namespace hone::kernels
