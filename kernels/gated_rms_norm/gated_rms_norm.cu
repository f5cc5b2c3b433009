// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp per row (n, h). Backward gives a block the kGatedRmsNormRowBlock rows whose sum for dw is one
// row of `partial`: each warp adds up some of them, then the warps are added in order.
#include "kernels/core/cuda/column_sum.cuh"
#include "kernels/core/cuda/sigmoid.cuh"
#include "kernels/core/cuda/warp_row.cuh"
#include "kernels/gated_rms_norm/gated_rms_norm.h"

namespace hone::kernels {
namespace {

constexpr int kWarps = 8;  // of a block

template <int W, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    forward_kernel(const T* x, const T* z, const T* w, int64_t rows, int64_t D, acc_t<T> eps, T* y,
                   acc_t<T>* rstd) {
  using A = acc_t<T>;
  const int64_t row = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (row >= rows) return;
  x += row * D, z += row * D, y += row * D;
  A sum = 0;
  for_lane_vectors<W>(D, [&](int64_t d) {
    const Vec<T, W> v = load<W>(x + d);
#pragma unroll
    for (int k = 0; k < W; ++k) sum += widen(v[k]) * widen(v[k]);
  });
  const A r = A(1) / sqrt(warp_sum(sum) / A(D) + eps);
  if (threadIdx.x % kWarp == 0) rstd[row] = r;
  for_lane_vectors<W>(D, [&](int64_t d) {
    const Vec<T, W> v = load<W>(x + d), gate = load<W>(z + d), weight = load<W>(w + d);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const A g = widen(gate[k]);
      out[k] = narrow_to<T>(widen(weight[k]) * (widen(v[k]) * r) * (g * sigmoid<T>(g)));
    }
    store(y + d, out);
  });
}

template <class T>
struct BackwardOperands {
  const T *dy, *x, *z, *w;
  const acc_t<T>* rstd;
  T *dx, *dz;
  acc_t<T>* partial;  // null: dw is unwanted
  int64_t rows, D;
};

// One row; sums [D], unless null, gets its share of dw.
template <int W, class T>
__device__ void backward_row(const BackwardOperands<T>& o, int64_t row, acc_t<T>* sums) {
  using A = acc_t<T>;
  const int64_t at = row * o.D;
  const A r = o.rstd[row];
  A dot = 0;
  for_lane_vectors<W>(o.D, [&](int64_t d) {
    const Vec<T, W> g = load<W>(o.dy + at + d), x = load<W>(o.x + at + d),
                    z = load<W>(o.z + at + d), w = load<W>(o.w + d);
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const A gate = widen(z[k]);
      dot += widen(g[k]) * widen(w[k]) * (gate * sigmoid<T>(gate)) * widen(x[k]) * r;
    }
  });
  const A mean = warp_sum(dot) / A(o.D);
  for_lane_vectors<W>(o.D, [&](int64_t d) {
    const Vec<T, W> g = load<W>(o.dy + at + d), x = load<W>(o.x + at + d),
                    z = load<W>(o.z + at + d), w = load<W>(o.w + d);
    Vec<T, W> dx, dz;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const A gate = widen(z[k]), s = sigmoid<T>(gate), xh = widen(x[k]) * r;
      const A scaled = widen(g[k]) * widen(w[k]);
      dx[k] = narrow_to<T>(r * (scaled * (gate * s) - xh * mean));
      dz[k] = narrow_to<T>(scaled * xh * s * (A(1) + gate * (A(1) - s)));
      if (sums) sums[d + k] += widen(g[k]) * xh * gate * s;
    }
    store(o.dx + at + d, dx);
    store(o.dz + at + d, dz);
  });
}

// Shared memory: [kWarps, D] A, each warp's sum for dw; absent if that is unwanted.
template <int W, class T>
__global__ void __launch_bounds__(kWarps* kWarp) backward_kernel(BackwardOperands<T> o) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  const int warp = threadIdx.x / kWarp;
  A* const all = reinterpret_cast<A*>(shared);
  A* const sums = o.partial ? all + warp * o.D : nullptr;
  if (sums)
    for_lane_vectors<W>(o.D, [&](int64_t d) {
      for (int k = 0; k < W; ++k) sums[d + k] = 0;
    });
  const int64_t begin = int64_t{blockIdx.x} * kGatedRmsNormRowBlock;
  for (int64_t i = warp; i < kGatedRmsNormRowBlock && begin + i < o.rows; i += kWarps)
    backward_row<W>(o, begin + i, sums);
  if (!o.partial) return;
  __syncthreads();  // the sums of all warps are there
  for (int64_t d = threadIdx.x; d < o.D; d += blockDim.x) {
    A total = 0;
    for (int w = 0; w < kWarps; ++w) total += all[w * o.D + d];
    o.partial[blockIdx.x * o.D + d] = total;
  }
}

}  // namespace

void gated_rms_norm_forward(Cuda device, const Tensor& x, const Tensor& z, const Tensor& w,
                            double eps, const GatedRmsNormOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t rows = out.rstd.numel(), D = x.dim(-1);
    visit_lane_width<T>(D, are_vectors(kLanes<T>, D, {x, z, w, out.y}), [&]<int W>() {
      launch(device, forward_kernel<W, T>, grid_size(ceil_div(rows, kWarps)), kWarps * kWarp, 0,
             x.data<T>(), z.data<T>(), w.data<T>(), rows, D, eps, out.y.data<T>(),
             out.rstd.data<A>());
    });
  });
}

void gated_rms_norm_backward(Cuda device, const Tensor& dy, const Tensor& x, const Tensor& z,
                             const Tensor& w, const Tensor& rstd, const GatedRmsNormGrads& out,
                             const GradTarget& dw, const Tensor& partial) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const BackwardOperands<T> o = {.dy = dy.data<T>(),
                                   .x = x.data<T>(),
                                   .z = z.data<T>(),
                                   .w = w.data<T>(),
                                   .rstd = rstd.data<A>(),
                                   .dx = out.dx.data<T>(),
                                   .dz = out.dz.data<T>(),
                                   .partial = dw.wanted() ? partial.data<A>() : nullptr,
                                   .rows = rstd.numel(),
                                   .D = x.dim(-1)};
    const size_t shared = dw.wanted() ? static_cast<size_t>(kWarps * o.D) * sizeof(A) : 0;
    const unsigned blocks = grid_size(ceil_div(o.rows, kGatedRmsNormRowBlock));
    const bool aligned = are_vectors(kLanes<T>, o.D, {dy, x, z, w, out.dx, out.dz});
    visit_lane_width<T>(o.D, aligned, [&]<int W>() {
      launch(device, backward_kernel<W, T>, blocks, kWarps * kWarp, shared, o);
    });
    if (dw.wanted()) column_sum<A>(device, partial, dw);
  });
}

}  // namespace hone::kernels
