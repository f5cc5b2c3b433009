// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/weighted_rows/weighted_rows.h"

namespace hone::kernels {
namespace {

template <class T>
struct Sum {
  const int64_t* ids;
  const float* weights;
  const T* table;
  T* y;
  int64_t V, K, C;

  template <int W>
  __device__ void operator()(int64_t n, int64_t c) const {
    acc_t<T> sum[W] = {};
    for (int64_t k = 0; k < K; ++k) {
      const int64_t id = ids[n * K + k];
      if (id < 0 || id >= V) __trap();  // the host has checked ids; never read beside the table
      const acc_t<T> w = weights[n * K + k];
      const Vec<T, W> row = load<W>(table + id * C + c);
#pragma unroll
      for (int i = 0; i < W; ++i) sum[i] += w * widen(row[i]);
    }
    Vec<T, W> to;
#pragma unroll
    for (int i = 0; i < W; ++i) to[i] = narrow_to<T>(sum[i]);
    store(y + n * C + c, to);
  }
};

template <class T>
struct Spread {
  const T* dy;
  const float* weights;
  acc_t<T>* z;
  int64_t K, C;

  template <int W>
  __device__ void operator()(int64_t i, int64_t c) const {
    const acc_t<T> w = weights[i];
    const Vec<T, W> from = load<W>(dy + i / K * C + c);
    Vec<acc_t<T>, W> to;
#pragma unroll
    for (int j = 0; j < W; ++j) to[j] = w * widen(from[j]);
    store(z + i * C + c, to);
  }
};

}  // namespace

void weighted_rows_forward(Cuda device, const Tensor& ids, const Tensor& weights,
                           const Tensor& table, const Tensor& y) {
  visit_float(table.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({y, table}, kLanes<T>),
                               Sum<T>{ids.data<int64_t>(), weights.data<float>(), table.data<T>(),
                                      y.data<T>(), table.dim(0), ids.dim(1), table.dim(1)});
  });
}

void spread_rows(Cuda device, const Tensor& dy, const Tensor& weights, const Tensor& z) {
  visit_float(dy.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({z, dy}, kLanes<T>),
                               Spread<T>{dy.data<T>(), weights.data<float>(), z.data<acc_t<T>>(),
                                         weights.dim(1), dy.dim(1)});
  });
}

}  // namespace hone::kernels
