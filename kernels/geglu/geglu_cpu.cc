// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/core/gelu_tanh.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/geglu/geglu.h"

namespace hone::kernels {
namespace {

// (1 + tanh(a(x))) / 2.
template <class A>
A gelu_share(A x) {
  return A(1) / (A(1) + std::exp(A(-2) * gelu_a(x)));
}

}  // namespace

template <Isa I>
void geglu_forward(Cpu<I>, const Tensor& gate, const Tensor& up, const Tensor& h) {
  visit_float(gate.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t columns = gate.dim(1);
    parallel_for(gate.dim(0), grain_for(25 * columns), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* g = gate.data<T>() + n * gate.stride(0);
        const T* u = up.data<T>() + n * up.stride(0);
        T* y = h.data<T>() + n * h.stride(0);
        for (int64_t i = 0; i < columns; ++i) {
          const A gelu = A(g[i]) * gelu_share(A(g[i]));
          y[i] = T(A(T(gelu)) * A(u[i]));
        }
      }
    });
  });
}

template <Isa I>
void geglu_backward(Cpu<I>, const Tensor& dh, const Tensor& gate, const Tensor& up,
                    const Tensor& dgate, const Tensor& dup) {
  visit_float(gate.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t columns = gate.dim(1);
    parallel_for(gate.dim(0), grain_for(30 * columns), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* dy = dh.data<T>() + n * dh.stride(0);
        const T* g = gate.data<T>() + n * gate.stride(0);
        const T* u = up.data<T>() + n * up.stride(0);
        T* dg = dgate.data<T>() + n * dgate.stride(0);
        T* du = dup.data<T>() + n * dup.stride(0);
        for (int64_t i = 0; i < columns; ++i) {
          const A x = A(g[i]), d = A(dy[i]);
          const A s = gelu_share(x);
          const A slope = gelu_twice_slope(x);
          du[i] = T(d * x * s);
          dg[i] = T(d * A(u[i]) * s * (A(1) + x * (A(1) - s) * slope));
        }
      }
    });
  });
}

template void geglu_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void geglu_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                             const Tensor&);

}  // namespace hone::kernels
