// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A block per row forward; a block per kLayerNormRowBlock rows backward, so that the parts of dw and
// db that these rows give stay on the chip. The first kCached vectors of a thread stay in registers
// between the passes over a row; longer rows are read again, from the cache.
#include "kernels/core/cuda/column_sum.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/layer_norm/layer_norm.h"

namespace hone::kernels {
namespace {

constexpr int kMaxThreads = 256;
constexpr int kCached = 4;
constexpr int64_t kMaxShared = 200 << 10;  // bytes of sums on the chip; wider rows sum in memory

// g[c].
template <class T>
__device__ acc_t<T> factor(T w) {
  return rounded<T>(acc_t<T>(1) + widen(w));
}

// Calls f(v, cached[v's place]) for the vectors of the thread: those that load(v) brought before, and
// the others loaded again.
template <class V, class Load, class F>
__device__ void for_row(const V (&cached)[kCached], int64_t vectors, Load&& load, F&& f) {
  const int64_t threads = blockDim.x;
#pragma unroll
  for (int j = 0; j < kCached; ++j) {
    const int64_t v = threadIdx.x + j * threads;
    if (v >= vectors) return;
    f(v, cached[j]);
  }
  for (int64_t v = threadIdx.x + kCached * threads; v < vectors; v += threads) f(v, load(v));
}

// The first kCached vectors of the thread.
template <class V, class Load>
__device__ void load_cached(V (&cached)[kCached], int64_t vectors, Load&& load) {
#pragma unroll
  for (int j = 0; j < kCached; ++j) {
    const int64_t v = threadIdx.x + j * int64_t{blockDim.x};
    if (v < vectors) cached[j] = load(v);
  }
}

template <class T>
struct ForwardOperands {
  const T *x, *residual, *w, *b;  // residual may be null
  T *h, *y;                       // h: x + residual, null without residual
  acc_t<T>* stats;
  int64_t rows, columns;
  acc_t<T> eps;
};

template <int W, class T>
__global__ void __launch_bounds__(kMaxThreads) forward_kernel(ForwardOperands<T> o) {
  using A = acc_t<T>;
  using V = Vec<T, W>;
  const int64_t row = blockIdx.x, vectors = o.columns / W, start = row * o.columns;
  // The v-th vector of the row that is normalised; with a residual it is made here.
  const auto load_h = [&](int64_t v) {
    V x = load<W>(o.x + start + v * W);
    if (o.residual) {
      const V r = load<W>(o.residual + start + v * W);
#pragma unroll
      for (int k = 0; k < W; ++k) x[k] = narrow_to<T>(widen(x[k]) + widen(r[k]));
    }
    return x;
  };
  V cached[kCached];
  load_cached(cached, vectors, load_h);
  A sum = 0;
  for_row(cached, vectors, load_h, [&](int64_t, const V& x) {
#pragma unroll
    for (int k = 0; k < W; ++k) sum += widen(x[k]);
  });
  const A mean = block_sum(sum) / A(o.columns);
  A squares = 0;
  for_row(cached, vectors, load_h, [&](int64_t, const V& x) {
#pragma unroll
    for (int k = 0; k < W; ++k) squares += (widen(x[k]) - mean) * (widen(x[k]) - mean);
  });
  const A r = A(1) / sqrt(block_sum(squares) / A(o.columns) + o.eps);
  if (threadIdx.x == 0) {
    o.stats[row] = mean;
    o.stats[o.rows + row] = r;
  }
  for_row(cached, vectors, load_h, [&](int64_t v, const V& x) {
    const V w = load<W>(o.w + v * W), b = load<W>(o.b + v * W);
    V y;
#pragma unroll
    for (int k = 0; k < W; ++k)
      y[k] = narrow_to<T>((widen(x[k]) - mean) * r * factor<T>(w[k]) + widen(b[k]));
    store(o.y + start + v * W, y);
    if (o.h) store(o.h + start + v * W, x);
  });
}

template <class T>
struct BackwardOperands {
  const T *dy, *dh_out, *h, *w;  // dh_out may be null
  const acc_t<T>* stats;
  T* dx;
  acc_t<T>* partial;  // [2, blocks, columns]; null: dw and db are unwanted
  int64_t rows, columns, rows_per_block;
  bool on_chip;  // sums in shared memory, [2, columns]
};

template <class T, int W>
struct Pair {
  Vec<T, W> dy, h;
};

// Each thread owns its columns of the sums.
template <int W, class T>
__global__ void __launch_bounds__(kMaxThreads) backward_kernel(BackwardOperands<T> o) {
  using A = acc_t<T>;
  using V = Vec<T, W>;
  using P = Pair<T, W>;
  extern __shared__ __align__(16) unsigned char shared[];
  const int64_t vectors = o.columns / W, threads = blockDim.x;
  const int64_t begin = blockIdx.x * o.rows_per_block;
  const int64_t end = begin + o.rows_per_block < o.rows ? begin + o.rows_per_block : o.rows;
  A* const partial = o.partial ? o.partial + blockIdx.x * o.columns : nullptr;
  const int64_t to_bias = int64_t{gridDim.x} * o.columns;  // from dw to db in `partial`
  A* const dw = o.on_chip ? reinterpret_cast<A*>(shared) : partial;
  A* const db = dw ? dw + (o.on_chip ? o.columns : to_bias) : nullptr;
  if (dw)
    for (int64_t v = threadIdx.x; v < vectors; v += threads)
      for (int k = 0; k < W; ++k) dw[v * W + k] = db[v * W + k] = 0;
  for (int64_t row = begin; row < end; ++row) {
    const A m = o.stats[row], r = o.stats[o.rows + row];
    const int64_t start = row * o.columns;
    const auto load_pair = [&](int64_t v) {
      return P{load<W>(o.dy + start + v * W), load<W>(o.h + start + v * W)};
    };
    P cached[kCached];
    load_cached(cached, vectors, load_pair);
    A sum = 0, dot = 0;
    for_row(cached, vectors, load_pair, [&](int64_t v, const P& p) {
      const V w = load<W>(o.w + v * W);
#pragma unroll
      for (int k = 0; k < W; ++k) {
        const A u = factor<T>(w[k]) * widen(p.dy[k]);
        sum += u;
        dot += u * (widen(p.h[k]) - m) * r;
      }
    });
    const A mean_u = block_sum(sum) / A(o.columns), mean_dot = block_sum(dot) / A(o.columns);
    for_row(cached, vectors, load_pair, [&](int64_t v, const P& p) {
      const V w = load<W>(o.w + v * W);
      V add, dx;
      if (o.dh_out) add = load<W>(o.dh_out + start + v * W);
#pragma unroll
      for (int k = 0; k < W; ++k) {
        const A g = widen(p.dy[k]), xh = (widen(p.h[k]) - m) * r;
        const A d = r * (factor<T>(w[k]) * g - mean_u - xh * mean_dot);
        dx[k] = narrow_to<T>(o.dh_out ? d + widen(add[k]) : d);
        if (dw) {
          dw[v * W + k] += g * xh;
          db[v * W + k] += g;
        }
      }
      store(o.dx + start + v * W, dx);
    });
  }
  if (!o.on_chip) return;
  for (int64_t v = threadIdx.x; v < vectors; v += threads)
    for (int k = 0; k < W; ++k) {
      partial[v * W + k] = dw[v * W + k];
      partial[to_bias + v * W + k] = db[v * W + k];
    }
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

void layer_norm_forward(Cuda device, const Tensor& x, const Tensor& residual, const Tensor& w,
                        const Tensor& b, double eps, const LayerNormOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const ForwardOperands<T> o = {.x = x.data<T>(),
                                  .residual = data_or_null<T>(residual),
                                  .w = w.data<T>(),
                                  .b = b.data<T>(),
                                  .h = data_or_null<T>(out.h),
                                  .y = out.y.data<T>(),
                                  .stats = out.stats.data<A>(),
                                  .rows = out.stats.dim(1),
                                  .columns = x.dim(-1),
                                  .eps = static_cast<A>(eps)};
    constexpr int W = kLanes<T>;
    const unsigned rows = grid_size(o.rows);
    if (are_vectors(W, o.columns, {x, residual, w, b, out.h, out.y}))
      launch(device, forward_kernel<W, T>, rows, threads_for(o.columns / W), 0, o);
    else
      launch(device, forward_kernel<1, T>, rows, threads_for(o.columns), 0, o);
  });
}

void layer_norm_backward(Cuda device, const Tensor& dy, const Tensor& dh_out, const Tensor& h,
                         const Tensor& w, const Tensor& stats, const Tensor& dx,
                         const LayerNormTargets& targets, const Tensor& partial) {
  visit_float(h.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t columns = h.dim(-1);
    const int64_t sums = 2 * columns * static_cast<int64_t>(sizeof(A));
    const bool wanted = partial.defined();
    const BackwardOperands<T> o = {.dy = dy.data<T>(),
                                   .dh_out = data_or_null<T>(dh_out),
                                   .h = h.data<T>(),
                                   .w = w.data<T>(),
                                   .stats = stats.data<A>(),
                                   .dx = dx.data<T>(),
                                   .partial = data_or_null<A>(partial),
                                   .rows = stats.dim(1),
                                   .columns = columns,
                                   .rows_per_block = wanted ? kLayerNormRowBlock : 1,
                                   .on_chip = wanted && sums <= kMaxShared};
    constexpr int W = kLanes<T>;
    const unsigned blocks = grid_size(ceil_div(o.rows, o.rows_per_block));
    const size_t shared = o.on_chip ? static_cast<size_t>(sums) : 0;
    if (are_vectors(W, columns, {dy, dh_out, h, w, dx}))
      launch(device, backward_kernel<W, T>, blocks, threads_for(columns / W), shared, o);
    else
      launch(device, backward_kernel<1, T>, blocks, threads_for(columns), shared, o);
    if (!wanted) return;
    const int64_t part = partial.dim(1) * columns;
    if (targets.dw.wanted())
      column_sum<A>(device, partial.data<A>(), partial.dim(1), columns, targets.dw);
    if (targets.db.wanted())
      column_sum<A>(device, partial.data<A>() + part, partial.dim(1), columns, targets.db);
  });
}

}  // namespace hone::kernels
