// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/core/gelu_tanh.h"
#include "kernels/gelu/gelu.h"

namespace hone::kernels {
namespace {

// y / x, and dy/dx. No sum in them nearly cancels where x is far below zero.
template <class A>
struct Gelu {
  A share, slope;
};

template <class A>
__device__ Gelu<A> gelu_of(A x, GeluForm form) {
  if (form == GeluForm::erf) {
    const A share = A(0.5) * erfc(x * A(-0.7071067811865476));
    const A density = exp(A(-0.5) * x * x) * A(0.3989422804014327);  // 1 / sqrt(2 pi)
    return {share, share + x * density};
  }
  const A twice = A(2) * gelu_a(x);
  const A share = A(1) / (A(1) + exp(-twice)), rest = A(1) / (A(1) + exp(twice));
  return {share, share + x * share * rest * gelu_twice_slope(x)};
}

template <class T>
struct Forward {
  const T* x;
  T* y;
  GeluForm form;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    const Vec<T, W> from = load<W>(x + i);
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k)
      to[k] = narrow_to<T>(widen(from[k]) * gelu_of<acc_t<T>>(widen(from[k]), form).share);
    store(y + i, to);
  }
};

template <class T>
struct Backward {
  const T *dy, *x;
  T* dx;
  GeluForm form;

  template <int W>
  __device__ void operator()(int64_t, int64_t i) const {
    const Vec<T, W> g = load<W>(dy + i), from = load<W>(x + i);
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k)
      to[k] = narrow_to<T>(widen(g[k]) * gelu_of<acc_t<T>>(widen(from[k]), form).slope);
    store(dx + i, to);
  }
};

}  // namespace

void gelu_forward(Cuda device, const Tensor& x, GeluForm form, const Tensor& y) {
  visit_float(x.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({x, y}, kLanes<T>, true),
                               Forward<T>{x.data<T>(), y.data<T>(), form});
  });
}

void gelu_backward(Cuda device, const Tensor& dy, const Tensor& x, GeluForm form,
                   const Tensor& dx) {
  visit_float(x.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({dy, x, dx}, kLanes<T>, true),
                               Backward<T>{dy.data<T>(), x.data<T>(), dx.data<T>(), form});
  });
}

}  // namespace hone::kernels
