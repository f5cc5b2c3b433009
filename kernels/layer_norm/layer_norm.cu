// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A block per row forward; a block per layer_norm_row_block rows backward, so that the parts of dw and db
// that these rows give stay on the chip. Backward a thread has one vector of each row, and loads those
// of the next row before it waits for the others of this one. Forward, and backward for rows of more
// than kMaxRowThreads vectors, the first vectors of a thread stay in registers between the
// passes over a row; longer rows are read again, from the cache.
#include "kernels/core/cuda/column_sum.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/layer_norm/layer_norm.h"

namespace hone::kernels {
namespace {

constexpr int kForwardThreads = 256;
constexpr int kForwardCached = 4;
constexpr int kWideThreads = 256;
constexpr int kWideCached = 4;
constexpr int kMaxRowThreads = 1024;
constexpr int64_t kMaxShared = 200 << 10;  // bytes of sums on the chip; wider rows sum in memory

// g[c] - w[c], before it is rounded.
template <class A>
A offset_of(NormWeight kind) {
  return A(kind == NormWeight::zero_centred ? 1 : 0);
}

// g[c].
template <class T>
__device__ acc_t<T> factor(T w, acc_t<T> offset) {
  return rounded<T>(offset + widen(w));
}

// Calls f(v, cached[v's place]) for the vectors of the thread: those that load(v) brought before, and
// the others loaded again.
template <class V, int kCached, class Load, class F>
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
template <class V, int kCached, class Load>
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
  acc_t<T> eps, offset;  // offset: g - w
};

template <int W, class T>
__global__ void __launch_bounds__(kForwardThreads) forward_kernel(ForwardOperands<T> o) {
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
  V cached[kForwardCached];
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
      y[k] = narrow_to<T>((widen(x[k]) - mean) * r * factor<T>(w[k], o.offset) + widen(b[k]));
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
  bool on_chip;     // sums in shared memory, [2, columns]
  acc_t<T> offset;  // g - w
};

template <int W, class T>
struct RowPart {
  Vec<T, W> dy = {}, h = {};

  RowPart() = default;
  __device__ RowPart(const BackwardOperands<T>& o, int64_t row, int64_t v)
      : dy(load<W>(o.dy + row * o.columns + v * W)), h(load<W>(o.h + row * o.columns + v * W)) {}
};

// Adds a vector's share of sum_c u and sum_c u * xh.
template <int W, class T>
__device__ void add_sums(const BackwardOperands<T>& o, const RowPart<W, T>& p, const Vec<T, W>& w,
                         acc_t<T> m, acc_t<T> r, acc_t<T>& sum, acc_t<T>& dot) {
#pragma unroll
  for (int k = 0; k < W; ++k) {
    const acc_t<T> u = factor<T>(w[k], o.offset) * widen(p.dy[k]);
    sum += u;
    dot += u * (widen(p.h[k]) - m) * r;
  }
}

// What a row's gradients need beside a vector's elements.
template <class A>
struct RowScalars {
  A m, r, mean_u, mean_dot;
};

// Writes dx of a vector that begins at element `at`; dw and db, unless null, get its share.
template <int W, class T>
__device__ void write_gradients(const BackwardOperands<T>& o, int64_t at, const RowPart<W, T>& p,
                                const Vec<T, W>& w, const RowScalars<acc_t<T>>& s, acc_t<T>* dw,
                                acc_t<T>* db) {
  using A = acc_t<T>;
  Vec<T, W> add, dx;
  if (o.dh_out) add = load<W>(o.dh_out + at);
#pragma unroll
  for (int k = 0; k < W; ++k) {
    const A g = widen(p.dy[k]), xh = (widen(p.h[k]) - s.m) * s.r;
    // The fused product is written out, since mean_u nearly cancels it where there are few columns.
    const A d = s.r * (fma(factor<T>(w[k], o.offset), g, -s.mean_u) - xh * s.mean_dot);
    dx[k] = narrow_to<T>(o.dh_out ? d + widen(add[k]) : d);
    if (dw) {
      dw[k] += g * xh;
      db[k] += g;
    }
  }
  store(o.dx + at, dx);
}

template <int W, class T>
__global__ void __launch_bounds__(kMaxRowThreads) backward_kernel(BackwardOperands<T> o) {
  using A = acc_t<T>;
  struct Sums {
    A u, dot;
  };
  __shared__ Sums
      sums[2][kWarp];  // of each warp; two rows take turns, so one barrier a row is enough
  const int64_t v = threadIdx.x;
  const bool there = v < o.columns / W;
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, warps = blockDim.x / kWarp;
  const int64_t begin = blockIdx.x * o.rows_per_block;
  const int64_t end = begin + o.rows_per_block < o.rows ? begin + o.rows_per_block : o.rows;
  Vec<T, W> w = {};
  if (there) w = load<W>(o.w + v * W);
  Vec<A, W> dw = {}, db = {};
  RowPart<W, T> next;
  if (there) next = RowPart<W, T>(o, begin, v);
  for (int64_t row = begin; row < end; ++row) {
    const RowPart<W, T> p = next;
    if (there && row + 1 < end) next = RowPart<W, T>(o, row + 1, v);
    RowScalars<A> s = {o.stats[row], o.stats[o.rows + row], 0, 0};
    A sum = 0, dot = 0;
    if (there) add_sums(o, p, w, s.m, s.r, sum, dot);
    Sums* const of_row = sums[row & 1];
    const Sums of_warp = {warp_sum(sum), warp_sum(dot)};
    if (lane == 0) of_row[warp] = of_warp;
    __syncthreads();  // all warps' are there
    s.mean_u = warp_sum(lane < warps ? of_row[lane].u : A(0)) / A(o.columns);
    s.mean_dot = warp_sum(lane < warps ? of_row[lane].dot : A(0)) / A(o.columns);
    if (there)
      write_gradients(o, row * o.columns + v * W, p, w, s, o.partial ? dw.lane : nullptr, db.lane);
  }
  if (!o.partial || !there) return;
  A* const to = o.partial + blockIdx.x * o.columns + v * W;
  store(to, dw);
  store(to + int64_t{gridDim.x} * o.columns, db);
}

// Each thread owns its columns of the sums.
template <int W, class T>
__global__ void __launch_bounds__(kWideThreads) wide_backward_kernel(BackwardOperands<T> o) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  const int64_t vectors = o.columns / W;
  const int64_t begin = blockIdx.x * o.rows_per_block;
  const int64_t end = begin + o.rows_per_block < o.rows ? begin + o.rows_per_block : o.rows;
  A* const partial = o.partial ? o.partial + blockIdx.x * o.columns : nullptr;
  const int64_t to_bias = int64_t{gridDim.x} * o.columns;  // from dw to db in `partial`
  A* const dw = o.on_chip ? reinterpret_cast<A*>(shared) : partial;
  A* const db = dw ? dw + (o.on_chip ? o.columns : to_bias) : nullptr;
  if (dw)
    for (int64_t v = threadIdx.x; v < vectors; v += kWideThreads)
      for (int k = 0; k < W; ++k) dw[v * W + k] = db[v * W + k] = 0;
  for (int64_t row = begin; row < end; ++row) {
    RowScalars<A> s = {o.stats[row], o.stats[o.rows + row], 0, 0};
    const auto load_part = [&](int64_t v) { return RowPart<W, T>(o, row, v); };
    RowPart<W, T> cached[kWideCached];
    load_cached(cached, vectors, load_part);
    A sum = 0, dot = 0;
    for_row(cached, vectors, load_part, [&](int64_t v, const RowPart<W, T>& p) {
      add_sums(o, p, load<W>(o.w + v * W), s.m, s.r, sum, dot);
    });
    s.mean_u = block_sum(sum) / A(o.columns);
    s.mean_dot = block_sum(dot) / A(o.columns);
    for_row(cached, vectors, load_part, [&](int64_t v, const RowPart<W, T>& p) {
      write_gradients(o, row * o.columns + v * W, p, load<W>(o.w + v * W), s,
                      dw ? dw + v * W : nullptr, db + v * W);
    });
  }
  if (!o.on_chip) return;
  for (int64_t v = threadIdx.x; v < vectors; v += kWideThreads)
    for (int k = 0; k < W; ++k) {
      partial[v * W + k] = dw[v * W + k];
      partial[to_bias + v * W + k] = db[v * W + k];
    }
}

unsigned threads_for(int64_t vectors) {
  const int64_t threads = ceil_div(vectors, kWarp) * kWarp;
  return static_cast<unsigned>(threads < kForwardThreads ? threads : kForwardThreads);
}

}  // namespace

void layer_norm_forward(Cuda device, const Tensor& x, const Tensor& residual, const Tensor& w,
                        const Tensor& b, double eps, NormWeight kind, const LayerNormOutput& out) {
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
                                  .eps = static_cast<A>(eps),
                                  .offset = offset_of<A>(kind)};
    constexpr int W = kLanes<T>;
    const unsigned rows = grid_size(o.rows);
    if (are_vectors(W, o.columns, {x, residual, w, b, out.h, out.y}))
      launch(device, forward_kernel<W, T>, rows, threads_for(o.columns / W), 0, o);
    else
      launch(device, forward_kernel<1, T>, rows, threads_for(o.columns), 0, o);
  });
}

void layer_norm_backward(Cuda device, const Tensor& dy, const Tensor& dh_out, const Tensor& h,
                         const Tensor& w, const Tensor& stats, NormWeight kind, const Tensor& dx,
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
                                   .rows_per_block = layer_norm_row_block(stats.dim(1), h.device()),
                                   .on_chip = wanted && sums <= kMaxShared,
                                   .offset = offset_of<A>(kind)};
    const unsigned blocks = grid_size(ceil_div(o.rows, o.rows_per_block));
    const auto run = [&]<int W>() {
      const int64_t threads = ceil_div(columns / W, kWarp) * kWarp;
      if (threads <= kMaxRowThreads)
        return launch(device, backward_kernel<W, T>, blocks, static_cast<unsigned>(threads), 0, o);
      launch(device, wide_backward_kernel<W, T>, blocks, kWideThreads,
             o.on_chip ? static_cast<size_t>(sums) : 0, o);
    };
    if (are_vectors(kLanes<T>, columns, {dy, dh_out, h, w, dx}))
      run.template operator()<kLanes<T>>();
    else
      run.template operator()<1>();
    if (!wanted) return;
    const int64_t part = partial.dim(1) * columns;
    if (targets.dw.wanted())
      column_sum<A>(device, partial.data<A>(), partial.dim(1), columns, targets.dw);
    if (targets.db.wanted())
      column_sum<A>(device, partial.data<A>() + part, partial.dim(1), columns, targets.db);
  });
}

}  // namespace hone::kernels
