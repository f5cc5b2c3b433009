// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/replace_rows/replace_rows.h"

namespace hone::kernels {
namespace {

constexpr int kThreads = 256;

// A thread for each vector of the rows; from may be null.
template <int W, class T>
__global__ void __launch_bounds__(kThreads)
    replace_kernel(const int64_t* rows, const T* from, T* to, int64_t M, int64_t N, int64_t C) {
  const int64_t per_row = C / W, i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i >= M * per_row) return;
  const int64_t m = i / per_row, c = (i - m * per_row) * W, row = rows[m];
  if (row < 0 || row >= N) __trap();  // the host has checked rows; never write beside the matrix
  Vec<T, W> v = {};
  if (from) v = load<W>(from + m * C + c);
  store(to + row * C + c, v);
}

}  // namespace

void replace_rows(Cuda device, const Tensor& rows, const Tensor& from, const Tensor& to) {
  visit_float(to.dtype(), [&]<class T>() {
    const int64_t M = rows.dim(0), N = to.dim(0), C = to.dim(1);
    const auto run = [&]<int W>() {
      launch(device, replace_kernel<W, T>, grid_size(ceil_div(M * (C / W), kThreads)), kThreads, 0,
             rows.data<int64_t>(), from.defined() ? from.data<T>() : nullptr, to.data<T>(), M, N,
             C);
    };
    if (are_vectors(kLanes<T>, C, {from, to}))
      run.template operator()<kLanes<T>>();
    else
      run.template operator()<1>();
  });
}

}  // namespace hone::kernels
