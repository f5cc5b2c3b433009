// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Norms: a block per row. Backward: a thread owns columns and walks over the rows of its block, so that
// the partial sums stay in registers.
#include "kernels/core/cuda/column_sum.cuh"
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/dora/dora.h"

namespace hone::kernels {
namespace {

constexpr int kThreads = 256;

template <class A>
__device__ A over(A x, A norm) {
  return norm > A(0) ? x / norm : A(0);
}

template <int W, class T>
__global__ void __launch_bounds__(kThreads)
    norms_kernel(const T* v, int64_t columns, acc_t<T>* norm) {
  using A = acc_t<T>;
  const T* row = v + blockIdx.x * columns;
  A sum = 0;
  for (int64_t c = int64_t{threadIdx.x} * W; c < columns; c += kThreads * W) {
    const Vec<T, W> x = load<W>(row + c);
#pragma unroll
    for (int k = 0; k < W; ++k) sum += widen(x[k]) * widen(x[k]);
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) norm[blockIdx.x] = sqrt(sum);
}

template <class T>
struct Forward {
  const T* u;
  const acc_t<T>*magnitude, *norm;
  const T* bias;  // may be null
  T* y;
  int64_t columns;

  template <int W>
  __device__ void operator()(int64_t n, int64_t o) const {
    using A = acc_t<T>;
    const Vec<T, W> x = load<W>(u + n * columns + o);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k)
      out[k] = narrow_to<T>(widen(x[k]) * over(magnitude[o + k], norm[o + k]) +
                            (bias ? widen(bias[o + k]) : A(0)));
    store(y + n * columns + o, out);
  }
};

template <class T>
struct BackwardOperands {
  const T *dy, *u;
  const acc_t<T>*magnitude, *norm;
  T* du;
  acc_t<T>*magnitude_parts, *bias_parts;  // null: unwanted
  int64_t rows, columns;
};

template <int W, class T>
__global__ void __launch_bounds__(kThreads) backward_kernel(BackwardOperands<T> o) {
  using A = acc_t<T>;
  const int64_t column = (int64_t{blockIdx.x} * kThreads + threadIdx.x) * W;
  if (column >= o.columns) return;
  const int64_t begin = blockIdx.y * kDoraRowBlock;
  const int64_t end = begin + kDoraRowBlock < o.rows ? begin + kDoraRowBlock : o.rows;
  A factor[W], length[W], dm[W] = {}, db[W] = {};
#pragma unroll
  for (int k = 0; k < W; ++k) {
    length[k] = o.norm[column + k];
    factor[k] = over(o.magnitude[column + k], length[k]);
  }
  for (int64_t n = begin; n < end; ++n) {
    const Vec<T, W> g = load<W>(o.dy + n * o.columns + column),
                    x = load<W>(o.u + n * o.columns + column);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      out[k] = narrow_to<T>(widen(g[k]) * factor[k]);
      dm[k] += over(widen(g[k]) * widen(x[k]), length[k]);
      db[k] += widen(g[k]);
    }
    store(o.du + n * o.columns + column, out);
  }
  const int64_t at = blockIdx.y * o.columns + column;
#pragma unroll
  for (int k = 0; k < W; ++k) {
    if (o.magnitude_parts) o.magnitude_parts[at + k] = dm[k];
    if (o.bias_parts) o.bias_parts[at + k] = db[k];
  }
}

}  // namespace

void dora_norms(Cuda device, const Tensor& v, const Tensor& norm) {
  visit_float(v.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const unsigned rows = grid_size(v.dim(0));
    if (are_vectors(kLanes<T>, v.dim(1), {v}))
      launch(device, norms_kernel<kLanes<T>, T>, rows, kThreads, 0, v.data<T>(), v.dim(1),
             norm.data<A>());
    else
      launch(device, norms_kernel<1, T>, rows, kThreads, 0, v.data<T>(), v.dim(1), norm.data<A>());
  });
}

void dora_forward(Cuda device, const Tensor& u, const Tensor& magnitude, const Tensor& norm,
                  const Tensor& bias, const Tensor& y) {
  visit_float(u.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    for_each_vector<kLanes<T>>(device, rows_and_columns({u, y}, kLanes<T>),
                               Forward<T>{u.data<T>(), magnitude.data<A>(), norm.data<A>(),
                                          data_or_null<T>(bias), y.data<T>(), u.dim(1)});
  });
}

void dora_backward(Cuda device, const Tensor& dy, const Tensor& u, const Tensor& magnitude,
                   const Tensor& norm, const Tensor& du, const GradTarget& dmagnitude,
                   const Tensor& magnitude_parts, const GradTarget& dbias,
                   const Tensor& bias_parts) {
  visit_float(u.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const BackwardOperands<T> o = {.dy = dy.data<T>(),
                                   .u = u.data<T>(),
                                   .magnitude = magnitude.data<A>(),
                                   .norm = norm.data<A>(),
                                   .du = du.data<T>(),
                                   .magnitude_parts = data_or_null<A>(magnitude_parts),
                                   .bias_parts = data_or_null<A>(bias_parts),
                                   .rows = u.dim(0),
                                   .columns = u.dim(1)};
    const auto run = [&]<int W>() {
      const dim3 grid(grid_size(ceil_div(o.columns, int64_t{kThreads} * W)),
                      grid_size(ceil_div(o.rows, kDoraRowBlock)));
      launch(device, backward_kernel<W, T>, grid, kThreads, 0, o);
    };
    if (are_vectors(kLanes<T>, o.columns, {dy, u, du}))
      run.template operator()<kLanes<T>>();
    else
      run.template operator()<1>();
    if (dmagnitude.wanted()) column_sum<A>(device, magnitude_parts, dmagnitude);
    if (dbias.wanted()) column_sum<A>(device, bias_parts, dbias);
  });
}

}  // namespace hone::kernels
