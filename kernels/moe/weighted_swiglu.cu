// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp per row: dw needs a sum over it.
#include "kernels/core/cuda/warp_row.cuh"
#include "kernels/moe/weighted_swiglu.h"

namespace hone::kernels {
namespace {

constexpr int kWarps = 8;  // of a block

template <class T>
struct Operands {
  const T *dh, *z, *weights;
  const int32_t* order;
  T *dz, *dw, *wh;  // wh may be null
  int64_t rows, F;
};

template <int W, class T>
__global__ void __launch_bounds__(kWarps* kWarp) backward_kernel(Operands<T> o) {
  using A = acc_t<T>;
  const int64_t p = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (p >= o.rows) return;
  const int64_t assignment = o.order[p];
  const A w = widen(o.weights[assignment]);
  const T *const gate = o.z + p * 2 * o.F, *const up = gate + o.F, *const grad = o.dh + p * o.F;
  T *const dgate = o.dz + p * 2 * o.F, *const dup = dgate + o.F;
  A dot = 0;
  for_lane_vectors<W>(o.F, [&](int64_t i) {
    const Vec<T, W> g = load<W>(gate + i), u = load<W>(up + i), d = load<W>(grad + i);
    Vec<T, W> dg, du, wh;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const A x = widen(g[k]), y = widen(u[k]), dy = widen(d[k]);
      const A s = A(1) / (A(1) + exp(-x));
      const A h = rounded<T>(rounded<T>(x * s) * y);
      dot += dy * h;
      dg[k] = narrow_to<T>(w * dy * y * s * (A(1) + x * (A(1) - s)));
      du[k] = narrow_to<T>(w * dy * x * s);
      wh[k] = narrow_to<T>(w * h);
    }
    store(dgate + i, dg);
    store(dup + i, du);
    if (o.wh) store(o.wh + p * o.F + i, wh);
  });
  dot = warp_sum(dot);
  if (threadIdx.x % kWarp == 0) o.dw[assignment] = narrow_to<T>(dot);
}

}  // namespace

void weighted_swiglu_backward(Cuda device, const Tensor& dh, const Tensor& z, const Tensor& weights,
                              const ExpertOrder& order, const WeightedSwigluGrad& out) {
  visit_float(z.dtype(), [&]<class T>() {
    const Operands<T> o = {.dh = dh.data<T>(),
                           .z = z.data<T>(),
                           .weights = weights.data<T>(),
                           .order = order.order.data<int32_t>(),
                           .dz = out.dz.data<T>(),
                           .dw = out.dw.data<T>(),
                           .wh = out.wh.defined() ? out.wh.data<T>() : nullptr,
                           .rows = dh.dim(0),
                           .F = dh.dim(1)};
    const bool aligned = are_vectors(kLanes<T>, o.F, {dh, z, out.dz, out.wh});
    visit_lane_width<T>(o.F, aligned, [&]<int W>() {
      launch(device, backward_kernel<W, T>, grid_size(ceil_div(o.rows, kWarps)), kWarps * kWarp, 0,
             o);
    });
  });
}

}  // namespace hone::kernels
