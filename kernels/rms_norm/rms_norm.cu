// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A block per row forward; a block per rms_norm_row_block rows backward, so that the part of dw that these
// rows give stays on the chip. Backward a thread has one vector of each row, and loads those of the
// next row before it waits for the others of this one. Forward, and backward for rows of more than
// kMaxRowThreads vectors, the first kCached vectors of a thread stay in registers between the two
// passes over a row; longer rows are read again, from the cache.
#include "kernels/core/cuda/column_sum.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/rms_norm/rms_norm.h"

namespace hone::kernels {
namespace {

constexpr int kForwardThreads = 256;
constexpr int kCached = 4;
constexpr int kWideThreads = 256;
constexpr int kMaxRowThreads = 1024;

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

// A row, moved to its first element: the places within it fit into 32 bits.
template <class T>
struct ForwardRow {
  const T *x, *residual, *w;
  T *h, *y;
  NormWeight kind;

  __device__ explicit ForwardRow(const ForwardOperands<T>& o) : w(o.w), kind(o.kind) {
    const int64_t at = int64_t{blockIdx.x} * o.columns;
    x = o.x + at, y = o.y + at;
    residual = o.residual ? o.residual + at : nullptr;
    h = o.h ? o.h + at : nullptr;
  }
  // The v-th vector that is normalised; with a residual it is made here.
  template <int W>
  __device__ Vec<T, W> vector(int v) const {
    Vec<T, W> u = load<W>(x + v * W);
    if (residual) {
      const Vec<T, W> r = load<W>(residual + v * W);
#pragma unroll
      for (int k = 0; k < W; ++k) u[k] = narrow_to<T>(widen(u[k]) + widen(r[k]));
    }
    return u;
  }
  template <int W>
  __device__ void write(int v, const Vec<T, W>& u, acc_t<T> r) const {
    const Vec<T, W> weight = load<W>(w + v * W);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k) out[k] = scaled<T>(widen(u[k]) * r, weight[k], kind);
    store(y + v * W, out);
    if (h) store(h + v * W, u);
  }
};

template <int W, class T>
__device__ acc_t<T> sum_of_squares(const Vec<T, W>& x) {
  acc_t<T> sum = 0;
#pragma unroll
  for (int k = 0; k < W; ++k) sum += widen(x[k]) * widen(x[k]);
  return sum;
}

template <int W, class T>
__global__ void __launch_bounds__(kForwardThreads) forward_kernel(ForwardOperands<T> o) {
  using A = acc_t<T>;
  const ForwardRow<T> row(o);
  const int vectors = static_cast<int>(o.columns / W), threads = static_cast<int>(blockDim.x);
  const int first = static_cast<int>(threadIdx.x);
  Vec<T, W> cached[kCached];
#pragma unroll
  for (int j = 0; j < kCached; ++j)
    if (first + j * threads < vectors) cached[j] = row.template vector<W>(first + j * threads);
  A sum = 0;
#pragma unroll
  for (int j = 0; j < kCached; ++j)
    if (first + j * threads < vectors) sum += sum_of_squares(cached[j]);
  for (int v = first + kCached * threads; v < vectors; v += threads)
    sum += sum_of_squares(row.template vector<W>(v));
  const A r = A(1) / sqrt(block_sum(sum) / A(o.columns) + o.eps);
  if (threadIdx.x == 0) o.rstd[blockIdx.x] = r;
#pragma unroll
  for (int j = 0; j < kCached; ++j)
    if (first + j * threads < vectors) row.write(first + j * threads, cached[j], r);
  for (int v = first + kCached * threads; v < vectors; v += threads)
    row.write(v, row.template vector<W>(v), r);
}

template <class T>
struct BackwardOperands {
  const T *dy, *dh_out, *h, *w;  // dh_out may be null
  const acc_t<T>* rstd;
  T* dx;
  acc_t<T>* partial;  // null: dw is unwanted
  int64_t rows, columns, rows_per_block;
  NormWeight kind;
};

// sum over a vector of u * xh.
template <int W, class T>
__device__ acc_t<T> dot_of(const BackwardOperands<T>& o, const Vec<T, W>& w, const Vec<T, W>& dy,
                           const Vec<T, W>& h, acc_t<T> r) {
  acc_t<T> dot = 0;
#pragma unroll
  for (int k = 0; k < W; ++k) dot += scale_of<T>(w[k], o.kind) * widen(dy[k]) * widen(h[k]) * r;
  return dot;
}

// dx of a vector; dw, unless null, gets its share.
template <int W, class T>
__device__ Vec<T, W> gradient(const BackwardOperands<T>& o, const Vec<T, W>& w, const Vec<T, W>& dy,
                              const Vec<T, W>& h, const Vec<T, W>& dh_out, acc_t<T> r,
                              acc_t<T> mean, acc_t<T>* dw) {
  using A = acc_t<T>;
  Vec<T, W> dx;
#pragma unroll
  for (int k = 0; k < W; ++k) {
    const A xh = widen(h[k]) * r;
    // Written out, since the two nearly cancel where there are few columns: rounded as on the CPU.
    const A d = r * fma(scale_of<T>(w[k], o.kind), widen(dy[k]), -(xh * mean));
    dx[k] = narrow_to<T>(o.dh_out ? d + widen(dh_out[k]) : d);
    if (dw) dw[k] += widen(dy[k]) * xh;
  }
  return dx;
}

// A thread's vector of a row.
template <int W, class T>
struct RowPart {
  Vec<T, W> dy = {}, h = {}, dh_out = {};
  acc_t<T> r = 0;

  RowPart() = default;
  __device__ RowPart(const BackwardOperands<T>& o, int64_t row, int64_t v) : r(o.rstd[row]) {
    const int64_t at = row * o.columns + v * W;
    dy = load<W>(o.dy + at);
    h = load<W>(o.h + at);
    if (o.dh_out) dh_out = load<W>(o.dh_out + at);
  }
};

template <int W, class T>
__global__ void __launch_bounds__(kMaxRowThreads) backward_kernel(BackwardOperands<T> o) {
  using A = acc_t<T>;
  __shared__ A dots[2][kWarp];  // of each warp; two rows take turns, so one barrier a row is enough
  const int64_t v = threadIdx.x;
  const bool there = v < o.columns / W;
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, warps = blockDim.x / kWarp;
  const int64_t begin = blockIdx.x * o.rows_per_block;
  const int64_t end = begin + o.rows_per_block < o.rows ? begin + o.rows_per_block : o.rows;
  Vec<T, W> w = {};
  if (there) w = load<W>(o.w + v * W);
  Vec<A, W> dw = {};
  RowPart<W, T> next;
  if (there) next = RowPart<W, T>(o, begin, v);
  for (int64_t row = begin; row < end; ++row) {
    const RowPart<W, T> x = next;
    if (there && row + 1 < end) next = RowPart<W, T>(o, row + 1, v);
    const A dot = warp_sum(dot_of(o, w, x.dy, x.h, x.r));
    A* const of_row = dots[row & 1];
    if (lane == 0) of_row[warp] = dot;
    __syncthreads();  // all warps' are there
    const A mean = warp_sum(lane < warps ? of_row[lane] : A(0)) / A(o.columns);
    if (there)
      store(o.dx + row * o.columns + v * W,
            gradient(o, w, x.dy, x.h, x.dh_out, x.r, mean, o.partial ? dw.lane : nullptr));
  }
  if (o.partial && there) store(o.partial + blockIdx.x * o.columns + v * W, dw);
}

// Shared memory: [columns] A, the sum for dw; each thread owns its columns.
template <int W, class T>
__global__ void __launch_bounds__(kWideThreads) wide_backward_kernel(BackwardOperands<T> o) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  A* const dw = o.partial ? reinterpret_cast<A*>(shared) : nullptr;
  const int64_t vectors = o.columns / W;
  const int64_t begin = blockIdx.x * o.rows_per_block;
  const int64_t end = begin + o.rows_per_block < o.rows ? begin + o.rows_per_block : o.rows;
  if (dw)
    for (int64_t v = threadIdx.x; v < vectors; v += kWideThreads)
      for (int k = 0; k < W; ++k) dw[v * W + k] = 0;
  for (int64_t row = begin; row < end; ++row) {
    A dot = 0;
    for (int64_t v = threadIdx.x; v < vectors; v += kWideThreads) {
      const RowPart<W, T> x(o, row, v);
      dot += dot_of(o, load<W>(o.w + v * W), x.dy, x.h, x.r);
    }
    const A mean = block_sum(dot) / A(o.columns);
    for (int64_t v = threadIdx.x; v < vectors; v += kWideThreads) {
      const RowPart<W, T> x(o, row, v);
      store(o.dx + row * o.columns + v * W, gradient(o, load<W>(o.w + v * W), x.dy, x.h, x.dh_out,
                                                     x.r, mean, dw ? dw + v * W : nullptr));
    }
  }
  if (dw)
    for (int64_t v = threadIdx.x; v < vectors; v += kWideThreads)
      for (int k = 0; k < W; ++k) o.partial[blockIdx.x * o.columns + v * W + k] = dw[v * W + k];
}

unsigned threads_for(int64_t vectors) {
  const int64_t threads = ceil_div(vectors, kWarp) * kWarp;
  return static_cast<unsigned>(threads < kForwardThreads ? threads : kForwardThreads);
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
                                   .rows_per_block = rms_norm_row_block(rstd.numel(), h.device()),
                                   .kind = kind};
    const unsigned blocks = grid_size(ceil_div(o.rows, o.rows_per_block));
    const auto run = [&]<int W>() {
      const int64_t threads = ceil_div(o.columns / W, kWarp) * kWarp;
      if (threads <= kMaxRowThreads)
        return launch(device, backward_kernel<W, T>, blocks, static_cast<unsigned>(threads), 0, o);
      const size_t shared = dw.wanted() ? static_cast<size_t>(o.columns) * sizeof(A) : 0;
      launch(device, wide_backward_kernel<W, T>, blocks, kWideThreads, shared, o);
    };
    if (are_vectors(kLanes<T>, o.columns, {dy, dh_out, h, w, dx}))
      run.template operator()<kLanes<T>>();
    else
      run.template operator()<1>();
    if (dw.wanted()) column_sum<A>(device, partial, dw);
  });
}

}  // namespace hone::kernels
