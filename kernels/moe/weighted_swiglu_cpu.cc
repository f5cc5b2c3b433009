// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/weighted_swiglu.h"

namespace hone::kernels {

template <Isa I>
void weighted_swiglu_backward(Cpu<I>, const Tensor& dh, const Tensor& z, const Tensor& weights,
                              const ExpertOrder& order, const WeightedSwigluGrad& out) {
  visit_float(z.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t F = dh.dim(1);
    parallel_for(dh.dim(0), grain_for(30 * F), [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        const int64_t assignment = order.order.data<int32_t>()[p];
        const A w = A(weights.data<T>()[assignment]);
        const T *gate = z.data<T>() + p * 2 * F, *up = gate + F;
        const T* grad = dh.data<T>() + p * F;
        T *dgate = out.dz.data<T>() + p * 2 * F, *dup = dgate + F;
        T* wh = out.wh.defined() ? out.wh.data<T>() + p * F : nullptr;
        A dot = 0;
#pragma omp simd reduction(+ : dot)
        for (int64_t i = 0; i < F; ++i) {
          const A g = A(gate[i]), u = A(up[i]), d = A(grad[i]);
          const A s = sigmoid(g);
          const A h = A(T(A(T(g * s)) * u));
          dot += d * h;
          dgate[i] = T(w * d * u * s * (A(1) + g * (A(1) - s)));
          dup[i] = T(w * d * g * s);
          if (wh) wh[i] = T(w * h);
        }
        out.dw.data<T>()[assignment] = T(dot);
      }
    });
  });
}

template void weighted_swiglu_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                       const ExpertOrder&, const WeightedSwigluGrad&);

}  // namespace hone::kernels
