// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp per head.
#include "kernels/core/cuda/heads.cuh"
#include "kernels/core/cuda/warp_row.cuh"
#include "kernels/l2_norm/l2_norm.h"

namespace hone::kernels {
namespace {

constexpr int kWarps = 8;  // of a block

template <int W, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    forward_kernel(Heads<T> x, int64_t heads, int64_t D, acc_t<T> eps, T* y, acc_t<T>* rnorm) {
  using A = acc_t<T>;
  const int64_t i = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (i >= heads) return;
  const T* const row = x.at(i);
  A sum = 0;
  for_lane_vectors<W>(D, [&](int64_t d) {
    const Vec<T, W> v = load<W>(row + d);
#pragma unroll
    for (int k = 0; k < W; ++k) sum += widen(v[k]) * widen(v[k]);
  });
  const A r = A(1) / sqrt(warp_sum(sum) + eps);
  if (threadIdx.x % kWarp == 0) rnorm[i] = r;
  for_lane_vectors<W>(D, [&](int64_t d) {
    const Vec<T, W> v = load<W>(row + d);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k) out[k] = narrow_to<T>(widen(v[k]) * r);
    store(y + i * D + d, out);
  });
}

template <int W, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    backward_kernel(const T* dy, Heads<T> x, const acc_t<T>* rnorm, int64_t heads, int64_t D,
                    Heads<T> dx) {
  using A = acc_t<T>;
  const int64_t i = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (i >= heads) return;
  const T* const row = x.at(i);
  T* const out = dx.at(i);
  const A r = rnorm[i];
  dy += i * D;
  A dot = 0;
  for_lane_vectors<W>(D, [&](int64_t d) {
    const Vec<T, W> v = load<W>(row + d), g = load<W>(dy + d);
#pragma unroll
    for (int k = 0; k < W; ++k) dot += widen(v[k]) * r * widen(g[k]);
  });
  dot = warp_sum(dot);
  for_lane_vectors<W>(D, [&](int64_t d) {
    const Vec<T, W> v = load<W>(row + d), g = load<W>(dy + d);
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k) to[k] = narrow_to<T>(r * (widen(g[k]) - widen(v[k]) * r * dot));
    store(out + d, to);
  });
}

}  // namespace

void l2_norm_forward(Cuda device, const Tensor& x, double eps, const L2NormOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    const int64_t heads = out.rnorm.numel(), D = x.dim(2);
    const bool aligned = are_head_vectors(kLanes<T>, {x, out.y});
    visit_lane_width<T>(D, aligned, [&]<int W>() {
      launch(device, forward_kernel<W, T>, grid_size(ceil_div(heads, kWarps)), kWarps * kWarp, 0,
             Heads<T>(x), heads, D, eps, out.y.data<T>(), out.rnorm.data<acc_t<T>>());
    });
  });
}

void l2_norm_backward(Cuda device, const Tensor& dy, const Tensor& x, const Tensor& rnorm,
                      const Tensor& dx) {
  visit_float(x.dtype(), [&]<class T>() {
    const int64_t heads = rnorm.numel(), D = x.dim(2);
    const bool aligned = are_head_vectors(kLanes<T>, {x, dx, dy});
    visit_lane_width<T>(D, aligned, [&]<int W>() {
      launch(device, backward_kernel<W, T>, grid_size(ceil_div(heads, kWarps)), kWarps * kWarp, 0,
             dy.data<T>(), Heads<T>(x), rnorm.data<acc_t<T>>(), heads, D, Heads<T>(dx));
    });
  });
}

}  // namespace hone::kernels
