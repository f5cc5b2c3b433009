// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp per head of a token: what its first vectors need is loaded before anything is computed, and
// stays in registers; longer heads read more from the cache. Each lane loads the vector that its own
// rotates with, too, which another lane has brought into the L1 cache. Backward gives a block the tokens
// whose sum for dw is one row of `partial`.
#include "kernels/core/cuda/column_sum.cuh"
#include "kernels/core/cuda/heads.cuh"
#include "kernels/core/cuda/warp_row.cuh"
#include "kernels/qk_norm_rope/qk_norm_rope.h"

namespace hone::kernels {
namespace {

constexpr int kForwardWarps = 8;  // of a block
constexpr int kForwardHeads = 2;  // of a warp
constexpr int kBackwardWarps = 12;

template <class T>
struct Rotary {
  const acc_t<T>*cos, *sin;  // [N, half]
  int64_t half;
};

template <class T>
__device__ acc_t<T> factor(T w, NormWeight kind) {
  return kind == NormWeight::zero_centred ? acc_t<T>(1) + widen(w) : widen(w);
}

// The vector [d, d + W) of a head and the one that it rotates with, if any.
template <int W, class T>
struct Pair {
  Vec<T, W> own = {}, other = {};

  Pair() = default;
  __device__ Pair(const T* head, int64_t half, int64_t d) {
    own = load<W>(head + d);
    if (d < 2 * half) other = load<W>(head + partner(half, d));
  }
  // Where the other one is. Requires: d < 2 * half.
  static __device__ int64_t partner(int64_t half, int64_t d) {
    return d < half ? d + half : d - half;
  }
};

// u * cos -+ other * sin for the vector of token n at d < 2 * half; back: by the opposite angle.
template <int W, class T>
__device__ void rotate(Vec<acc_t<T>, W>& u, const Vec<acc_t<T>, W>& other, const Rotary<T>& rotary,
                       int64_t n, int64_t d, bool back) {
  using A = acc_t<T>;
  const bool first = d < rotary.half;
  const int64_t at = n * rotary.half + (first ? d : d - rotary.half);
  const Vec<A, W> cos = load<W>(rotary.cos + at), sin = load<W>(rotary.sin + at);
#pragma unroll
  for (int k = 0; k < W; ++k)
    u[k] = u[k] * cos[k] + (first != back ? -other[k] : other[k]) * sin[k];
}

template <int W, class T>
__device__ Vec<acc_t<T>, W> widened(const Vec<T, W>& v) {
  Vec<acc_t<T>, W> u;
#pragma unroll
  for (int k = 0; k < W; ++k) u[k] = widen(v[k]);
  return u;
}

// What is rotated, rounded as RMSNorm defines it. w is null without a norm.
template <int W, class T>
__device__ Vec<acc_t<T>, W> normed(const Vec<T, W>& v, const T* w, int64_t d, acc_t<T> r,
                                   NormWeight kind) {
  if (!w) return widened(v);
  Vec<acc_t<T>, W> u;
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
__device__ acc_t<T> sum_of_squares(const Vec<T, W>& v) {
  acc_t<T> sum = 0;
#pragma unroll
  for (int k = 0; k < W; ++k) sum += widen(v[k]) * widen(v[k]);
  return sum;
}

template <int W, class T>
__device__ Vec<T, W> normed_and_rotated(const ForwardOperands<T>& o, const Pair<W, T>& x, int64_t n,
                                        int64_t d, acc_t<T> r) {
  const int64_t half = o.rotary.half;
  Vec<acc_t<T>, W> u = normed<W>(x.own, o.w, d, r, o.kind);
  if (d < 2 * half)
    rotate(u, normed<W>(x.other, o.w, Pair<W, T>::partner(half, d), r, o.kind), o.rotary, n, d,
           false);
  Vec<T, W> out;
#pragma unroll
  for (int k = 0; k < W; ++k) out[k] = narrow_to<T>(u[k]);
  return out;
}

template <int W, class T>
__global__ void __launch_bounds__(kForwardWarps* kWarp) forward_kernel(ForwardOperands<T> o) {
  using A = acc_t<T>;
  const int64_t heads = o.N * o.H;
  const int64_t begin = (int64_t{blockIdx.x} * kForwardWarps + threadIdx.x / kWarp) * kForwardHeads;
  const int64_t first = int64_t{threadIdx.x % kWarp} * W;
  Pair<W, T> x[kForwardHeads];
#pragma unroll
  for (int j = 0; j < kForwardHeads; ++j)
    if (begin + j < heads && first < o.D)
      x[j] = Pair<W, T>(o.x.at(begin + j), o.rotary.half, first);
#pragma unroll
  for (int j = 0; j < kForwardHeads; ++j) {
    const int64_t i = begin + j, n = o.x.row_of(i);
    if (i >= heads) return;
    const T* const head = o.x.at(i);
    T* const y = o.y + i * o.D;
    A r = 1;
    if (o.w) {
      A sum = sum_of_squares(x[j].own);
      for (int64_t d = first + kWarp * W; d < o.D; d += kWarp * W)
        sum += sum_of_squares(load<W>(head + d));
      r = A(1) / sqrt(warp_sum(sum) / A(o.D) + o.eps);
      if (threadIdx.x % kWarp == 0) o.rstd[i] = r;
    }
    if (first < o.D) store(y + first, normed_and_rotated(o, x[j], n, first, r));
    for (int64_t d = first + kWarp * W; d < o.D; d += kWarp * W)
      store(y + d, normed_and_rotated(o, Pair<W, T>(head, o.rotary.half, d), n, d, r));
  }
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

// The vector at d of head h of token n.
template <int W, class T>
struct HeadPart {
  using A = acc_t<T>;
  Vec<A, W> du;  // dy turned back
  Vec<T, W> x = {};

  HeadPart() = default;
  __device__ HeadPart(const BackwardOperands<T>& o, int64_t n, int64_t h, int64_t d) {
    const Pair<W, T> dy(o.dy + (n * o.H + h) * o.D, o.rotary.half, d);
    if (o.w) x = load<W>(o.x.at(n, h) + d);
    du = widened(dy.own);
    if (d < 2 * o.rotary.half) rotate(du, widened(dy.other), o.rotary, n, d, true);
  }
  __device__ A dot(const Vec<T, W>& w, NormWeight kind, A r) const {
    A sum = 0;
#pragma unroll
    for (int k = 0; k < W; ++k) sum += factor(w[k], kind) * du[k] * widen(x[k]) * r;
    return sum;
  }
  __device__ Vec<T, W> dx(const Vec<T, W>& w, NormWeight kind, A r, A mean) const {
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k)
      out[k] = narrow_to<T>(r * fma(factor(w[k], kind), du[k], -(widen(x[k]) * r * mean)));
    return out;
  }
  __device__ void add_dw(A r, A* sums) const {
#pragma unroll
    for (int k = 0; k < W; ++k) sums[k] += du[k] * (widen(x[k]) * r);
  }
};

// Without a norm a weight of zeros, centred there, changes nothing.
template <int W, class T>
__device__ Vec<T, W> weight_of(const BackwardOperands<T>& o, int64_t d) {
  if (!o.w) return {};
  return load<W>(o.w + d);
}

// Shared memory: [kBackwardWarps, D] A, each warp's sum for dw; absent if that is unwanted.
template <int W, class T>
__global__ void __launch_bounds__(kBackwardWarps* kWarp, 2)
    backward_kernel(BackwardOperands<T> o, int64_t tokens_per_block) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  const int warp = threadIdx.x / kWarp;
  const int64_t first = int64_t{threadIdx.x % kWarp} * W, step = kWarp * W;
  A* const all = reinterpret_cast<A*>(shared);
  A* const sums = all + warp * o.D;
  if (o.partial)
    for (int64_t d = first + step; d < o.D; d += step)
      for (int k = 0; k < W; ++k) sums[d + k] = 0;
  Vec<T, W> w = {};  // of the first vector
  Vec<A, W> dw = {};
  if (first < o.D) w = weight_of<W>(o, first);
  const int64_t begin = int64_t{blockIdx.x} * tokens_per_block;
  const int64_t tokens = o.N - begin < tokens_per_block ? o.N - begin : tokens_per_block;
  int64_t n = begin + warp / o.H, h = warp % o.H;
  for (int64_t i = warp; i < tokens * o.H; i += kBackwardWarps) {
    HeadPart<W, T> part;
    if (first < o.D) part = HeadPart<W, T>(o, n, h, first);
    A r = 1, mean = 0;
    if (o.w) {
      r = o.rstd[n * o.H + h];
      A dot = first < o.D ? part.dot(w, o.kind, r) : A(0);
      for (int64_t d = first + step; d < o.D; d += step)
        dot += HeadPart<W, T>(o, n, h, d).dot(weight_of<W>(o, d), o.kind, r);
      mean = warp_sum(dot) / A(o.D);
    }
    T* const dx = o.dx.at(n, h);
    if (first < o.D) {
      store(dx + first, part.dx(w, o.kind, r, mean));
      part.add_dw(r, dw.lane);
    }
    for (int64_t d = first + step; d < o.D; d += step) {
      const HeadPart<W, T> more(o, n, h, d);
      store(dx + d, more.dx(weight_of<W>(o, d), o.kind, r, mean));
      if (o.partial) more.add_dw(r, sums + d);
    }
    for (h += kBackwardWarps; h >= o.H; h -= o.H) ++n;
  }
  if (!o.partial) return;
  if (first < o.D)
    for (int k = 0; k < W; ++k) sums[first + k] = dw[k];
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
    const unsigned blocks = grid_size(ceil_div(o.N * o.H, kForwardWarps * kForwardHeads));
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
                                   .kind = w.defined() ? kind : NormWeight::zero_centred};
    const int64_t tokens = rms_norm_row_block(o.N, dx.device());
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
