// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/squared_relu/squared_relu.h"

namespace hone::kernels {

template <Isa I>
void squared_relu_forward(Cpu<I>, const Tensor& x, const Tensor& y) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const T* from = x.data<T>();
    T* to = y.data<T>();
    parallel_for(x.numel(), grain_for(2), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const A positive = A(from[i]) < A(0) ? A(0) : A(from[i]);
        to[i] = T(positive * positive);
      }
    });
  });
}

template <Isa I>
void squared_relu_backward(Cpu<I>, const Tensor& dy, const Tensor& x, const Tensor& dx) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const T *from = x.data<T>(), *g = dy.data<T>();
    T* to = dx.data<T>();
    parallel_for(x.numel(), grain_for(3), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const A positive = A(from[i]) < A(0) ? A(0) : A(from[i]);
        to[i] = T(A(2) * positive * A(g[i]));
      }
    });
  });
}

template void squared_relu_forward(Cpu<kIsa>, const Tensor&, const Tensor&);
template void squared_relu_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);

}  // namespace hone::kernels
