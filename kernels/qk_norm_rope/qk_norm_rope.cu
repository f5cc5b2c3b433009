// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp per head of a token. An element and the one that it rotates with are both made from x, which
// the L1 cache still holds. Backward gives a block the kRmsNormRowBlock tokens whose sum for dw is one
// row of `partial`.
#include "kernels/core/cuda/column_sum.cuh"
#include "kernels/core/cuda/heads.cuh"
#include "kernels/core/cuda/warp_row.cuh"
#include "kernels/qk_norm_rope/qk_norm_rope.h"

namespace hone::kernels {
namespace {

constexpr int kForwardWarps = 8;  // of a block
constexpr int kBackwardWarps = 16;

template <class T>
struct Rotary {
  const acc_t<T>*cos, *sin;  // [N, half]
  int64_t half;
};

template <class T>
__device__ acc_t<T> factor(T w, NormWeight kind) {
  return kind == NormWeight::zero_centred ? acc_t<T>(1) + widen(w) : widen(w);
}

// u[d .. d + W): what is rotated, rounded as RMSNorm defines it. w is null without a norm.
template <int W, class T>
__device__ Vec<acc_t<T>, W> normed(const T* x, const T* w, int64_t d, acc_t<T> r, NormWeight kind) {
  const Vec<T, W> v = load<W>(x + d);
  Vec<acc_t<T>, W> u;
  if (!w) {
#pragma unroll
    for (int k = 0; k < W; ++k) u[k] = widen(v[k]);
    return u;
  }
  const Vec<T, W> weight = load<W>(w + d);
#pragma unroll
  for (int k = 0; k < W; ++k) {
    const acc_t<T> xh = kind == NormWeight::plain ? rounded<T>(widen(v[k]) * r) : widen(v[k]) * r;
    u[k] = rounded<T>(xh * factor(weight[k], kind));
  }
  return u;
}

template <class T>
struct ForwardOperands {
  Heads<T> x;
  const T* w;  // null: no norm
  Rotary<T> rotary;
  T* y;
  acc_t<T>* rstd;
  int64_t N, H, D;
  acc_t<T> eps;
  NormWeight kind;
};

template <int W, class T>
__global__ void __launch_bounds__(kForwardWarps* kWarp) forward_kernel(ForwardOperands<T> o) {
  using A = acc_t<T>;
  const int64_t i = int64_t{blockIdx.x} * kForwardWarps + threadIdx.x / kWarp;
  if (i >= o.N * o.H) return;
  const int64_t n = i / o.H, half = o.rotary.half;
  const T* const x = o.x.at(n, i - n * o.H);
  T* const y = o.y + i * o.D;
  A r = 1;
  if (o.w) {
    A sum = 0;
    for_lane_vectors<W>(o.D, [&](int64_t d) {
      const Vec<T, W> v = load<W>(x + d);
#pragma unroll
      for (int k = 0; k < W; ++k) sum += widen(v[k]) * widen(v[k]);
    });
    r = A(1) / sqrt(warp_sum(sum) / A(o.D) + o.eps);
    if (threadIdx.x % kWarp == 0) o.rstd[i] = r;
  }
  const A *const cos = o.rotary.cos + n * half, *const sin = o.rotary.sin + n * half;
  for_lane_vectors<W>(o.D, [&](int64_t d) {
    Vec<A, W> u = normed<W>(x, o.w, d, r, o.kind);
    if (d < 2 * half) {
      const bool first = d < half;
      const int64_t j = first ? d : d - half;
      const Vec<A, W> other = normed<W>(x, o.w, first ? d + half : j, r, o.kind);
#pragma unroll
      for (int k = 0; k < W; ++k)
        u[k] = u[k] * cos[j + k] + (first ? -other[k] : other[k]) * sin[j + k];
    }
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k) out[k] = narrow_to<T>(u[k]);
    store(y + d, out);
  });
}

// du[d .. d + W): dy turned back.
template <int W, class T>
__device__ Vec<acc_t<T>, W> unrotated(const T* dy, const acc_t<T>* cos, const acc_t<T>* sin,
                                      int64_t half, int64_t d) {
  const Vec<T, W> g = load<W>(dy + d);
  Vec<acc_t<T>, W> du;
  if (d >= 2 * half) {
#pragma unroll
    for (int k = 0; k < W; ++k) du[k] = widen(g[k]);
    return du;
  }
  const bool first = d < half;
  const int64_t j = first ? d : d - half;
  const Vec<T, W> other = load<W>(dy + (first ? d + half : j));
#pragma unroll
  for (int k = 0; k < W; ++k)
    du[k] = widen(g[k]) * cos[j + k] + (first ? widen(other[k]) : -widen(other[k])) * sin[j + k];
  return du;
}

template <class T>
struct BackwardOperands {
  const T* dy;
  Heads<T> x;
  const T* w;  // null: no norm
  const acc_t<T>* rstd;
  Rotary<T> rotary;
  Heads<T> dx;
  acc_t<T>* partial;  // null: dw is unwanted
  int64_t N, H, D;
  NormWeight kind;
};

// Head h of token n; sums [D], unless null, gets its share of dw.
template <int W, class T>
__device__ void backward_head(const BackwardOperands<T>& o, int64_t n, int64_t h, acc_t<T>* sums) {
  using A = acc_t<T>;
  const int64_t half = o.rotary.half, i = n * o.H + h;
  const T* const dy = o.dy + i * o.D;
  const T* const x = o.x.at(n, h);
  T* const dx = o.dx.at(n, h);
  const A *const cos = o.rotary.cos + n * half, *const sin = o.rotary.sin + n * half;
  A r = 1, mean = 0;
  if (o.w) {
    r = o.rstd[i];
    A dot = 0;
    for_lane_vectors<W>(o.D, [&](int64_t d) {
      const Vec<A, W> du = unrotated<W>(dy, cos, sin, half, d);
      const Vec<T, W> v = load<W>(x + d), w = load<W>(o.w + d);
#pragma unroll
      for (int k = 0; k < W; ++k) dot += factor(w[k], o.kind) * du[k] * widen(v[k]) * r;
    });
    mean = warp_sum(dot) / A(o.D);
  }
  for_lane_vectors<W>(o.D, [&](int64_t d) {
    const Vec<A, W> du = unrotated<W>(dy, cos, sin, half, d);
    Vec<T, W> out;
    if (o.w) {
      const Vec<T, W> v = load<W>(x + d), w = load<W>(o.w + d);
#pragma unroll
      for (int k = 0; k < W; ++k) {
        const A xh = widen(v[k]) * r;
        out[k] = narrow_to<T>(r * (factor(w[k], o.kind) * du[k] - xh * mean));
        if (sums) sums[d + k] += du[k] * xh;
      }
    } else {
#pragma unroll
      for (int k = 0; k < W; ++k) out[k] = narrow_to<T>(du[k]);
    }
    store(dx + d, out);
  });
}

// Shared memory: [kBackwardWarps, D] A, each warp's sum for dw; absent if that is unwanted.
template <int W, class T>
__global__ void __launch_bounds__(kBackwardWarps* kWarp)
    backward_kernel(BackwardOperands<T> o, int64_t tokens_per_block) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  const int warp = threadIdx.x / kWarp;
  A* const all = reinterpret_cast<A*>(shared);
  A* const sums = o.partial ? all + warp * o.D : nullptr;
  if (sums)
    for_lane_vectors<W>(o.D, [&](int64_t d) {
      for (int k = 0; k < W; ++k) sums[d + k] = 0;
    });
  const int64_t first = int64_t{blockIdx.x} * tokens_per_block;
  const int64_t tokens = o.N - first < tokens_per_block ? o.N - first : tokens_per_block;
  for (int64_t i = warp; i < tokens * o.H; i += kBackwardWarps)
    backward_head<W>(o, first + i / o.H, i % o.H, sums);
  if (!o.partial) return;
  __syncthreads();  // the sums of all warps are there
  for (int64_t d = threadIdx.x; d < o.D; d += blockDim.x) {
    A total = 0;
    for (int w = 0; w < kBackwardWarps; ++w) total += all[w * o.D + d];
    o.partial[blockIdx.x * o.D + d] = total;
  }
}

template <class T>
Rotary<T> rotary_of(const RotaryTable& table) {
  return {table.cos.data<acc_t<T>>(), table.sin.data<acc_t<T>>(), table.cos.dim(1)};
}

}  // namespace

void qk_norm_rope_forward(Cuda device, const Tensor& x, const Tensor& w, double eps,
                          NormWeight kind, const RotaryTable& rotary, const QkNormRopeOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const ForwardOperands<T> o = {.x = Heads<T>(x),
                                  .w = w.defined() ? w.data<T>() : nullptr,
                                  .rotary = rotary_of<T>(rotary),
                                  .y = out.y.data<T>(),
                                  .rstd = w.defined() ? out.rstd.data<A>() : nullptr,
                                  .N = x.dim(0),
                                  .H = x.dim(1),
                                  .D = x.dim(2),
                                  .eps = static_cast<A>(eps),
                                  .kind = kind};
    const unsigned blocks = grid_size(ceil_div(o.N * o.H, kForwardWarps));
    const bool aligned =
        o.rotary.half % kLanes<T> == 0 && are_head_vectors(kLanes<T>, {x, w, out.y});
    visit_lane_width<T>(o.D, aligned, [&]<int W>() {
      launch(device, forward_kernel<W, T>, blocks, kForwardWarps * kWarp, 0, o);
    });
  });
}

void qk_norm_rope_backward(Cuda device, const Tensor& dy, const Tensor& x, const Tensor& w,
                           const Tensor& rstd, NormWeight kind, const RotaryTable& rotary,
                           const Tensor& dx, const GradTarget& dw, const Tensor& partial) {
  visit_float(dx.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const BackwardOperands<T> o = {.dy = dy.data<T>(),
                                   .x = w.defined() ? Heads<T>(x) : Heads<T>(),
                                   .w = w.defined() ? w.data<T>() : nullptr,
                                   .rstd = w.defined() ? rstd.data<A>() : nullptr,
                                   .rotary = rotary_of<T>(rotary),
                                   .dx = Heads<T>(dx),
                                   .partial = partial.defined() ? partial.data<A>() : nullptr,
                                   .N = dx.dim(0),
                                   .H = dx.dim(1),
                                   .D = dx.dim(2),
                                   .kind = kind};
    const int64_t tokens = partial.defined() ? kRmsNormRowBlock : ceil_div(kBackwardWarps, o.H);
    const size_t shared =
        partial.defined() ? static_cast<size_t>(kBackwardWarps * o.D) * sizeof(A) : 0;
    const Tensor read_x = w.defined() ? x : Tensor();
    const bool aligned =
        o.rotary.half % kLanes<T> == 0 && are_head_vectors(kLanes<T>, {dy, read_x, w, dx});
    visit_lane_width<T>(o.D, aligned, [&]<int W>() {
      launch(device, backward_kernel<W, T>, grid_size(ceil_div(o.N, tokens)),
             kBackwardWarps * kWarp, shared, o, tokens);
    });
    if (partial.defined()) column_sum<A>(device, partial, dw);
  });
}

}  // namespace hone::kernels
