// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/moe/combine.h"

namespace hone::kernels {
namespace {

template <class T>
struct Combine {
  const T *y, *weights;  // weights may be null: 1
  const int32_t* position;
  T* out;
  int64_t K, C;

  template <int W>
  __device__ void operator()(int64_t t, int64_t c) const {
    using A = acc_t<T>;
    Vec<A, W> sum = {};
#pragma unroll 4
    for (int64_t j = 0; j < K; ++j) {
      const int64_t a = t * K + j;
      const A w = weights ? widen(weights[a]) : A(1);
      const Vec<T, W> row = load<W>(y + int64_t{position[a]} * C + c);
#pragma unroll
      for (int k = 0; k < W; ++k) sum[k] += w * widen(row[k]);
    }
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k) to[k] = narrow_to<T>(sum[k]);
    store(out + t * C + c, to);
  }
};

template <class T>
struct ScaleRows {
  const T *x, *weights;
  const int32_t* order;
  T* out;
  int64_t C;

  template <int W>
  __device__ void operator()(int64_t p, int64_t c) const {
    const acc_t<T> w = widen(weights[order[p]]);
    const Vec<T, W> row = load<W>(x + p * C + c);
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k) to[k] = narrow_to<T>(w * widen(row[k]));
    store(out + p * C + c, to);
  }
};

}  // namespace

void moe_combine(Cuda device, const Tensor& y, const Tensor& weights, const ExpertOrder& order,
                 const Tensor& out) {
  visit_float(y.dtype(), [&]<class T>() {
    const int64_t N = out.dim(0), K = N ? y.dim(0) / N : 0;
    for_each_vector<kLanes<T>>(
        device, rows_and_columns({out, y}, kLanes<T>),
        Combine<T>{y.data<T>(), weights.defined() ? weights.data<T>() : nullptr,
                   order.inverse.data<int32_t>(), out.data<T>(), K, out.dim(1)});
  });
}

void moe_scale_rows(Cuda device, const Tensor& x, const Tensor& weights, const ExpertOrder& order,
                    const Tensor& out) {
  visit_float(x.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({out, x}, kLanes<T>),
                               ScaleRows<T>{x.data<T>(), weights.data<T>(),
                                            order.order.data<int32_t>(), out.data<T>(), x.dim(1)});
  });
}

}  // namespace hone::kernels
