// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A block per row forward; a block per kRmsNormRowBlock rows backward, so that the part of dw that
// these rows give stays on the chip. The first kCached vectors of a thread stay in registers between
// the two passes over a row; longer rows are read again, from the cache.
#include "kernels/core/cuda/column_sum.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/rms_norm/rms_norm.h"

namespace hone::kernels {
namespace {

constexpr int kMaxThreads = 256;
constexpr int kCached = 4;

template <class T>
__device__ T scaled(acc_t<T> xh, T w, NormWeight kind) {
  using A = acc_t<T>;
  if (kind == NormWeight::zero_centred) return narrow_to<T>(xh * (A(1) + widen(w)));
  return narrow_to<T>(rounded<T>(xh) * widen(w));
}

template <class T>
__device__ acc_t<T> scale_of(T w, NormWeight kind) {
  return kind == NormWeight::zero_centred ? acc_t<T>(1) + widen(w) : widen(w);
}

template <class T>
struct ForwardOperands {
  const T *x, *residual, *w;  // residual may be null
  T *h, *y;                   // h: x + residual, null without residual
  acc_t<T>* rstd;
  int64_t columns;
  acc_t<T> eps;
  NormWeight kind;
};

// The v-th vector of the row that is normalised; with a residual it is made here.
template <int W, class T>
__device__ Vec<T, W> row_vector(const ForwardOperands<T>& o, int64_t row, int64_t v) {
  const int64_t at = row * o.columns + v * W;
  Vec<T, W> x = load<W>(o.x + at);
  if (o.residual) {
    const Vec<T, W> r = load<W>(o.residual + at);
#pragma unroll
    for (int k = 0; k < W; ++k) x[k] = narrow_to<T>(widen(x[k]) + widen(r[k]));
  }
  return x;
}

template <int W, class T>
__device__ acc_t<T> sum_of_squares(const Vec<T, W>& x) {
  acc_t<T> sum = 0;
#pragma unroll
  for (int k = 0; k < W; ++k) sum += widen(x[k]) * widen(x[k]);
  return sum;
}

template <int W, class T>
__device__ void write_vector(const ForwardOperands<T>& o, int64_t row, int64_t v,
                             const Vec<T, W>& x, acc_t<T> r) {
  const int64_t at = row * o.columns + v * W;
  const Vec<T, W> w = load<W>(o.w + v * W);
  Vec<T, W> y;
#pragma unroll
  for (int k = 0; k < W; ++k) y[k] = scaled<T>(widen(x[k]) * r, w[k], o.kind);
  store(o.y + at, y);
  if (o.h) store(o.h + at, x);
}

template <int W, class T>
__global__ void __launch_bounds__(kMaxThreads) forward_kernel(ForwardOperands<T> o) {
  using A = acc_t<T>;
  const int64_t row = blockIdx.x, vectors = o.columns / W, threads = blockDim.x;
  Vec<T, W> cached[kCached];
  A sum = 0;
#pragma unroll
  for (int j = 0; j < kCached; ++j) {
    const int64_t v = threadIdx.x + j * threads;
    if (v >= vectors) break;
    cached[j] = row_vector<W>(o, row, v);
    sum += sum_of_squares(cached[j]);
  }
  for (int64_t v = threadIdx.x + kCached * threads; v < vectors; v += threads)
    sum += sum_of_squares(row_vector<W>(o, row, v));
  const A r = A(1) / sqrt(block_sum(sum) / A(o.columns) + o.eps);
  if (threadIdx.x == 0) o.rstd[row] = r;
#pragma unroll
  for (int j = 0; j < kCached; ++j) {
    const int64_t v = threadIdx.x + j * threads;
    if (v >= vectors) break;
    write_vector(o, row, v, cached[j], r);
  }
  for (int64_t v = threadIdx.x + kCached * threads; v < vectors; v += threads)
    write_vector(o, row, v, row_vector<W>(o, row, v), r);
}

template <class T>
struct BackwardOperands {
  const T *dy, *dh_out, *h, *w;  // dh_out may be null
  const acc_t<T>* rstd;
  T* dx;
  acc_t<T>* partial;  // null: dw is unwanted
  int64_t rows, columns;
  NormWeight kind;
};

// sum over a vector of u * xh.
template <int W, class T>
__device__ acc_t<T> dot_of(const BackwardOperands<T>& o, int64_t v, const Vec<T, W>& dy,
                           const Vec<T, W>& h, acc_t<T> r) {
  const Vec<T, W> w = load<W>(o.w + v * W);
  acc_t<T> dot = 0;
#pragma unroll
  for (int k = 0; k < W; ++k) dot += scale_of<T>(w[k], o.kind) * widen(dy[k]) * widen(h[k]) * r;
  return dot;
}

template <int W, class T>
__device__ void write_gradients(const BackwardOperands<T>& o, int64_t row, int64_t v,
                                const Vec<T, W>& dy, const Vec<T, W>& h, acc_t<T> r, acc_t<T> mean,
                                acc_t<T>* dw) {
  using A = acc_t<T>;
  const int64_t at = row * o.columns + v * W;
  const Vec<T, W> w = load<W>(o.w + v * W);
  Vec<T, W> dx, add;
  if (o.dh_out) add = load<W>(o.dh_out + at);
#pragma unroll
  for (int k = 0; k < W; ++k) {
    const A xh = widen(h[k]) * r;
    const A d = r * (scale_of<T>(w[k], o.kind) * widen(dy[k]) - xh * mean);
    dx[k] = narrow_to<T>(o.dh_out ? d + widen(add[k]) : d);
    if (o.partial) dw[v * W + k] += widen(dy[k]) * xh;
  }
  store(o.dx + at, dx);
}

// Shared memory: [columns] A, the sum for dw; each thread owns its columns.
template <int W, class T>
__global__ void __launch_bounds__(kMaxThreads)
    backward_kernel(BackwardOperands<T> o, int64_t rows_per_block) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  A* const dw = reinterpret_cast<A*>(shared);
  const int64_t vectors = o.columns / W, threads = blockDim.x;
  const int64_t begin = blockIdx.x * rows_per_block;
  const int64_t end = begin + rows_per_block < o.rows ? begin + rows_per_block : o.rows;
  if (o.partial)
    for (int64_t v = threadIdx.x; v < vectors; v += threads)
      for (int k = 0; k < W; ++k) dw[v * W + k] = 0;
  for (int64_t row = begin; row < end; ++row) {
    const A r = o.rstd[row];
    Vec<T, W> dy[kCached], h[kCached];
    A dot = 0;
#pragma unroll
    for (int j = 0; j < kCached; ++j) {
      const int64_t v = threadIdx.x + j * threads;
      if (v >= vectors) break;
      dy[j] = load<W>(o.dy + row * o.columns + v * W);
      h[j] = load<W>(o.h + row * o.columns + v * W);
      dot += dot_of(o, v, dy[j], h[j], r);
    }
    for (int64_t v = threadIdx.x + kCached * threads; v < vectors; v += threads)
      dot += dot_of(o, v, load<W>(o.dy + row * o.columns + v * W),
                    load<W>(o.h + row * o.columns + v * W), r);
    const A mean = block_sum(dot) / A(o.columns);
#pragma unroll
    for (int j = 0; j < kCached; ++j) {
      const int64_t v = threadIdx.x + j * threads;
      if (v >= vectors) break;
      write_gradients(o, row, v, dy[j], h[j], r, mean, dw);
    }
    for (int64_t v = threadIdx.x + kCached * threads; v < vectors; v += threads)
      write_gradients(o, row, v, load<W>(o.dy + row * o.columns + v * W),
                      load<W>(o.h + row * o.columns + v * W), r, mean, dw);
  }
  if (o.partial)
    for (int64_t v = threadIdx.x; v < vectors; v += threads)
      for (int k = 0; k < W; ++k) o.partial[blockIdx.x * o.columns + v * W + k] = dw[v * W + k];
}

unsigned threads_for(int64_t vectors) {
  const int64_t threads = ceil_div(vectors, kWarp) * kWarp;
  return static_cast<unsigned>(threads < kMaxThreads ? threads : kMaxThreads);
}

template <class T>
T* data_or_null(const Tensor& t) {
  return t.defined() ? t.data<T>() : nullptr;
}

}  // namespace

void rms_norm_forward(Cuda device, const Tensor& x, const Tensor& residual, const Tensor& w,
                      double eps, NormWeight kind, const RmsNormOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const ForwardOperands<T> o = {.x = x.data<T>(),
                                  .residual = data_or_null<T>(residual),
                                  .w = w.data<T>(),
                                  .h = data_or_null<T>(out.h),
                                  .y = out.y.data<T>(),
                                  .rstd = out.rstd.data<A>(),
                                  .columns = x.dim(-1),
                                  .eps = static_cast<A>(eps),
                                  .kind = kind};
    constexpr int W = kLanes<T>;
    const unsigned rows = grid_size(out.rstd.numel());
    if (are_vectors(W, o.columns, {x, residual, w, out.h, out.y}))
      launch(device, forward_kernel<W, T>, rows, threads_for(o.columns / W), 0, o);
    else
      launch(device, forward_kernel<1, T>, rows, threads_for(o.columns), 0, o);
  });
}

void rms_norm_backward(Cuda device, const Tensor& dy, const Tensor& dh_out, const Tensor& h,
                       const Tensor& w, const Tensor& rstd, NormWeight kind, const Tensor& dx,
                       const GradTarget& dw, const Tensor& partial) {
  visit_float(h.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const BackwardOperands<T> o = {.dy = dy.data<T>(),
                                   .dh_out = data_or_null<T>(dh_out),
                                   .h = h.data<T>(),
                                   .w = w.data<T>(),
                                   .rstd = rstd.data<A>(),
                                   .dx = dx.data<T>(),
                                   .partial = data_or_null<A>(partial),
                                   .rows = rstd.numel(),
                                   .columns = h.dim(-1),
                                   .kind = kind};
    constexpr int W = kLanes<T>;
    const int64_t rows_per_block = dw.wanted() ? kRmsNormRowBlock : 1;
    const unsigned blocks = grid_size(ceil_div(o.rows, rows_per_block));
    const size_t shared = dw.wanted() ? static_cast<size_t>(o.columns) * sizeof(A) : 0;
    if (are_vectors(W, o.columns, {dy, dh_out, h, w, dx}))
      launch(device, backward_kernel<W, T>, blocks, threads_for(o.columns / W), shared, o,
             rows_per_block);
    else
      launch(device, backward_kernel<1, T>, blocks, threads_for(o.columns), shared, o,
             rows_per_block);
    if (dw.wanted()) column_sum<A>(device, partial, dw);
  });
}

}  // namespace hone::kernels
