// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp takes kSteps times the heads of a LaneGroup together, so that enough loads are under way. What
// fits into one vector a lane stays in registers; longer heads are read again, from the cache.
#include "kernels/core/cuda/heads.cuh"
#include "kernels/core/cuda/warp_row.cuh"
#include "kernels/l2_norm/l2_norm.h"

namespace hone::kernels {
namespace {

constexpr int kWarps = 8;  // of a block
constexpr int kSteps = 4;

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

// The first head of this lane's; the next are group.rows() apart.
__device__ inline int64_t first_head(const LaneGroup& group) {
  return (int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp) * kSteps * group.rows() + group.row();
}

template <int W, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    forward_kernel(LaneGroup group, Heads<T> x, int64_t heads, int64_t D, acc_t<T> eps, T* y,
                   acc_t<T>* rnorm) {
  using A = acc_t<T>;
  const int first = group.lane() * W;
  const int64_t begin = first_head(group);
  Vec<T, W> v[kSteps] = {};
  const T* rows[kSteps];
#pragma unroll
  for (int j = 0; j < kSteps; ++j) {
    const int64_t i = begin + j * group.rows();
    rows[j] = x.at(i < heads ? i : 0);
    if (i < heads && first < D) v[j] = load<W>(rows[j] + first);
  }
#pragma unroll
  for (int j = 0; j < kSteps; ++j) {
    const int64_t i = begin + j * group.rows(), size = i < heads ? D : 0;
    A sum = dot_of(v[j], v[j], A(1));
    group.for_other_vectors<W>(size, [&](int64_t d) {
      const Vec<T, W> u = load<W>(rows[j] + d);
      sum += dot_of(u, u, A(1));
    });
    const A r = A(1) / sqrt(group.sum(sum) + eps);
    if (first >= size) continue;
    if (first == 0) rnorm[i] = r;
    store(y + i * D + first, scaled(v[j], r));
    group.for_other_vectors<W>(
        size, [&](int64_t d) { store(y + i * D + d, scaled(load<W>(rows[j] + d), r)); });
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
    backward_kernel(LaneGroup group, const T* dy, Heads<T> x, const acc_t<T>* rnorm, int64_t heads,
                    int64_t D, Heads<T> dx) {
  using A = acc_t<T>;
  const int first = group.lane() * W;
  const int64_t begin = first_head(group);
  Vec<T, W> v[kSteps] = {}, g[kSteps] = {};
  A r[kSteps] = {};
#pragma unroll
  for (int j = 0; j < kSteps; ++j) {
    const int64_t i = begin + j * group.rows();
    if (i >= heads) continue;
    r[j] = rnorm[i];
    if (first >= D) continue;
    v[j] = load<W>(x.at(i) + first);
    g[j] = load<W>(dy + i * D + first);
  }
#pragma unroll
  for (int j = 0; j < kSteps; ++j) {
    const int64_t i = begin + j * group.rows(), size = i < heads ? D : 0;
    const T *const row = x.at(size ? i : 0), *const drow = dy + i * D;
    A dot = dot_of(v[j], g[j], r[j]);
    group.for_other_vectors<W>(
        size, [&](int64_t d) { dot += dot_of(load<W>(row + d), load<W>(drow + d), r[j]); });
    dot = group.sum(dot);
    if (first >= size) continue;
    T* const out = dx.at(i);
    store(out + first, gradient(g[j], v[j], r[j], dot));
    group.for_other_vectors<W>(size, [&](int64_t d) {
      store(out + d, gradient(load<W>(drow + d), load<W>(row + d), r[j], dot));
    });
  }
}

unsigned blocks_for(int64_t heads, const LaneGroup& group) {
  return grid_size(ceil_div(heads, kWarps * kSteps * (kWarp / group.lanes)));
}

}  // namespace

void l2_norm_forward(Cuda device, const Tensor& x, double eps, const L2NormOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    const int64_t heads = out.rnorm.numel(), D = x.dim(2);
    const bool aligned = are_head_vectors(kLanes<T>, {x, out.y});
    visit_lane_group<T>(D, aligned, [&]<int W>(const LaneGroup& group) {
      launch(device, forward_kernel<W, T>, blocks_for(heads, group), kWarps * kWarp, 0, group,
             Heads<T>(x), heads, D, eps, out.y.data<T>(), out.rnorm.data<acc_t<T>>());
    });
  });
}

void l2_norm_backward(Cuda device, const Tensor& dy, const Tensor& x, const Tensor& rnorm,
                      const Tensor& dx) {
  visit_float(x.dtype(), [&]<class T>() {
    const int64_t heads = rnorm.numel(), D = x.dim(2);
    const bool aligned = are_head_vectors(kLanes<T>, {x, dx, dy});
    visit_lane_group<T>(D, aligned, [&]<int W>(const LaneGroup& group) {
      launch(device, backward_kernel<W, T>, blocks_for(heads, group), kWarps * kWarp, 0, group,
             dy.data<T>(), Heads<T>(x), rnorm.data<acc_t<T>>(), heads, D, Heads<T>(dx));
    });
  });
}

}  // namespace hone::kernels
