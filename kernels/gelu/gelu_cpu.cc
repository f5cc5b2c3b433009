// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numbers>

#include "kernels/core/gelu_tanh.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/gelu/gelu.h"

namespace hone::kernels {
namespace {

// y / x, and dy/dx. No sum in them nearly cancels where x is far below zero.
template <class A>
struct Gelu {
  A share, slope;
};

template <class A>
Gelu<A> gelu_of(A x, GeluForm form) {
  if (form == GeluForm::erf) {
    const A share = A(0.5) * std::erfc(x / -std::numbers::sqrt2_v<A>);
    const A density = std::exp(A(-0.5) * x * x) * A(0.3989422804014327);  // 1 / sqrt(2 pi)
    return {share, share + x * density};
  }
  const A twice = A(2) * gelu_a(x);
  const A share = A(1) / (A(1) + std::exp(-twice)), rest = A(1) / (A(1) + std::exp(twice));
  return {share, share + x * share * rest * gelu_twice_slope(x)};
}

}  // namespace

template <Isa I>
void gelu_forward(Cpu<I>, const Tensor& x, GeluForm form, const Tensor& y) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const T* from = x.data<T>();
    T* to = y.data<T>();
    parallel_for(x.numel(), grain_for(10), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] = T(A(from[i]) * gelu_of(A(from[i]), form).share);
    });
  });
}

template <Isa I>
void gelu_backward(Cpu<I>, const Tensor& dy, const Tensor& x, GeluForm form, const Tensor& dx) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const T *from = x.data<T>(), *g = dy.data<T>();
    T* to = dx.data<T>();
    parallel_for(x.numel(), grain_for(18), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] = T(A(g[i]) * gelu_of(A(from[i]), form).slope);
    });
  });
}

template void gelu_forward(Cpu<kIsa>, const Tensor&, GeluForm, const Tensor&);
template void gelu_backward(Cpu<kIsa>, const Tensor&, const Tensor&, GeluForm, const Tensor&);

}  // namespace hone::kernels
