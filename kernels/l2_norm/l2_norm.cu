// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp takes kHeads heads together, so that enough loads are under way. What fits into one vector a
// lane stays in registers; longer heads are read again, from the cache.
#include "kernels/core/cuda/heads.cuh"
#include "kernels/core/cuda/warp_row.cuh"
#include "kernels/l2_norm/l2_norm.h"

namespace hone::kernels {
namespace {

constexpr int kWarps = 8;  // of a block
constexpr int kHeads = 4;  // of a warp

// The lane's elements of a head that are not in its first vector: f(d) for each vector.
template <int W, class F>
__device__ void for_other_vectors(int64_t size, F&& f) {
  for (int64_t d = (int64_t{threadIdx.x % kWarp} + kWarp) * W; d < size; d += kWarp * W) f(d);
}

template <int W, class T>
__device__ acc_t<T> dot_of(const Vec<T, W>& a, const Vec<T, W>& b, acc_t<T> scale) {
  acc_t<T> sum = 0;
#pragma unroll
  for (int k = 0; k < W; ++k) sum += widen(a[k]) * scale * widen(b[k]);
  return sum;
}

template <int W, class T>
__device__ Vec<T, W> scaled(const Vec<T, W>& v, acc_t<T> r) {
  Vec<T, W> out;
#pragma unroll
  for (int k = 0; k < W; ++k) out[k] = narrow_to<T>(widen(v[k]) * r);
  return out;
}

template <int W, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    forward_kernel(Heads<T> x, int64_t heads, int64_t D, acc_t<T> eps, T* y, acc_t<T>* rnorm) {
  using A = acc_t<T>;
  const int64_t begin = (int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp) * kHeads;
  const int64_t first = int64_t{threadIdx.x % kWarp} * W;
  Vec<T, W> v[kHeads] = {};
#pragma unroll
  for (int h = 0; h < kHeads; ++h)
    if (begin + h < heads && first < D) v[h] = load<W>(x.at(begin + h) + first);
#pragma unroll
  for (int h = 0; h < kHeads; ++h) {
    const int64_t i = begin + h;
    if (i >= heads) return;
    const T* const row = x.at(i);
    A sum = dot_of(v[h], v[h], A(1));
    for_other_vectors<W>(D, [&](int64_t d) {
      const Vec<T, W> u = load<W>(row + d);
      sum += dot_of(u, u, A(1));
    });
    const A r = A(1) / sqrt(warp_sum(sum) + eps);
    if (threadIdx.x % kWarp == 0) rnorm[i] = r;
    if (first < D) store(y + i * D + first, scaled(v[h], r));
    for_other_vectors<W>(D, [&](int64_t d) { store(y + i * D + d, scaled(load<W>(row + d), r)); });
  }
}

template <int W, class T>
__device__ Vec<T, W> gradient(const Vec<T, W>& dy, const Vec<T, W>& x, acc_t<T> r, acc_t<T> dot) {
  Vec<T, W> out;
#pragma unroll
  for (int k = 0; k < W;
       ++k)  // the fused product is written out, as the two nearly cancel in short heads
    out[k] = narrow_to<T>(r * fma(-(widen(x[k]) * r), dot, widen(dy[k])));
  return out;
}

template <int W, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    backward_kernel(const T* dy, Heads<T> x, const acc_t<T>* rnorm, int64_t heads, int64_t D,
                    Heads<T> dx) {
  using A = acc_t<T>;
  const int64_t begin = (int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp) * kHeads;
  const int64_t first = int64_t{threadIdx.x % kWarp} * W;
  Vec<T, W> v[kHeads] = {}, g[kHeads] = {};
  A r[kHeads];
#pragma unroll
  for (int h = 0; h < kHeads; ++h) {
    if (begin + h >= heads) break;
    r[h] = rnorm[begin + h];
    if (first >= D) continue;
    v[h] = load<W>(x.at(begin + h) + first);
    g[h] = load<W>(dy + (begin + h) * D + first);
  }
#pragma unroll
  for (int h = 0; h < kHeads; ++h) {
    const int64_t i = begin + h;
    if (i >= heads) return;
    const T *const row = x.at(i), *const drow = dy + i * D;
    T* const out = dx.at(i);
    A dot = dot_of(v[h], g[h], r[h]);
    for_other_vectors<W>(
        D, [&](int64_t d) { dot += dot_of(load<W>(row + d), load<W>(drow + d), r[h]); });
    dot = warp_sum(dot);
    if (first < D) store(out + first, gradient(g[h], v[h], r[h], dot));
    for_other_vectors<W>(D, [&](int64_t d) {
      store(out + d, gradient(load<W>(drow + d), load<W>(row + d), r[h], dot));
    });
  }
}

}  // namespace

void l2_norm_forward(Cuda device, const Tensor& x, double eps, const L2NormOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    const int64_t heads = out.rnorm.numel(), D = x.dim(2);
    const bool aligned = are_head_vectors(kLanes<T>, {x, out.y});
    visit_lane_width<T>(D, aligned, [&]<int W>() {
      launch(device, forward_kernel<W, T>, grid_size(ceil_div(heads, kWarps * kHeads)),
             kWarps * kWarp, 0, Heads<T>(x), heads, D, eps, out.y.data<T>(),
             out.rnorm.data<acc_t<T>>());
    });
  });
}

void l2_norm_backward(Cuda device, const Tensor& dy, const Tensor& x, const Tensor& rnorm,
                      const Tensor& dx) {
  visit_float(x.dtype(), [&]<class T>() {
    const int64_t heads = rnorm.numel(), D = x.dim(2);
    const bool aligned = are_head_vectors(kLanes<T>, {x, dx, dy});
    visit_lane_width<T>(D, aligned, [&]<int W>() {
      launch(device, backward_kernel<W, T>, grid_size(ceil_div(heads, kWarps * kHeads)),
             kWarps * kWarp, 0, dy.data<T>(), Heads<T>(x), rnorm.data<acc_t<T>>(), heads, D,
             Heads<T>(dx));
    });
  });
}

}  // namespace hone::kernels
