// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/swiglu/swiglu.h"

namespace hone::kernels {

template <Isa I>
void swiglu_forward(Cpu<I>, const Tensor& gate, const Tensor& up, const Tensor& h) {
  visit_float(gate.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t columns = gate.dim(1);
    parallel_for(gate.dim(0), grain_for(20 * columns), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* g = gate.data<T>() + n * gate.stride(0);
        const T* u = up.data<T>() + n * up.stride(0);
        T* y = h.data<T>() + n * h.stride(0);
#pragma omp simd
        for (int64_t i = 0; i < columns; ++i) {
          const A silu = A(g[i]) * sigmoid(A(g[i]));
          y[i] = T(A(T(silu)) * A(u[i]));
        }
      }
    });
  });
}

template <Isa I>
void swiglu_backward(Cpu<I>, const Tensor& dh, const Tensor& gate, const Tensor& up,
                     const Tensor& dgate, const Tensor& dup) {
  visit_float(gate.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t columns = gate.dim(1);
    parallel_for(gate.dim(0), grain_for(25 * columns), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* dy = dh.data<T>() + n * dh.stride(0);
        const T* g = gate.data<T>() + n * gate.stride(0);
        const T* u = up.data<T>() + n * up.stride(0);
        T* dg = dgate.data<T>() + n * dgate.stride(0);
        T* du = dup.data<T>() + n * dup.stride(0);
#pragma omp simd
        for (int64_t i = 0; i < columns; ++i) {
          const A x = A(g[i]), d = A(dy[i]);
          const A s = sigmoid(x);
          du[i] = T(d * x * s);
          dg[i] = T(d * A(u[i]) * s * (A(1) + x * (A(1) - s)));
        }
      }
    });
  });
}

template void swiglu_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void swiglu_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                              const Tensor&);

}  // namespace hone::kernels
