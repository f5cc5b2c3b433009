// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/squared_relu/squared_relu.h"

namespace hone::kernels {
namespace {

// NaN stays NaN.
template <class A>
__device__ A relu(A x) {
  return x < A(0) ? A(0) : x;
}

template <class T>
struct Forward {
  const T* x;
  T* y;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    const Vec<T, W> from = load<W>(x + i);
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const acc_t<T> positive = relu(widen(from[k]));
      to[k] = narrow_to<T>(positive * positive);
    }
    store(y + i, to);
  }
};

template <class T>
struct Backward {
  const T *dy, *x;
  T* dx;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    const Vec<T, W> g = load<W>(dy + i), from = load<W>(x + i);
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k)
      to[k] = narrow_to<T>(acc_t<T>(2) * relu(widen(from[k])) * widen(g[k]));
    store(dx + i, to);
  }
};

}  // namespace

void squared_relu_forward(Cuda device, const Tensor& x, const Tensor& y) {
  visit_float(x.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({x, y}, kLanes<T>, true),
                               Forward<T>{x.data<T>(), y.data<T>()});
  });
}

void squared_relu_backward(Cuda device, const Tensor& dy, const Tensor& x, const Tensor& dx) {
  visit_float(x.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({dy, x, dx}, kLanes<T>, true),
                               Backward<T>{dy.data<T>(), x.data<T>(), dx.data<T>()});
  });
}

}  // namespace hone::kernels
