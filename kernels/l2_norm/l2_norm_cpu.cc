// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/l2_norm/l2_norm.h"

namespace hone::kernels {
namespace {

// Head `row` of [N, H, D], counted over (n, h).
template <class T>
T* head(const Tensor& x, int64_t row) {
  const int64_t H = x.dim(1);
  return x.data<T>() + row / H * x.stride(0) + row % H * x.stride(1);
}

}  // namespace

template <Isa I>
void l2_norm_forward(Cpu<I>, const Tensor& x, double eps, const L2NormOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t D = x.dim(2);
    parallel_for(out.rnorm.numel(), grain_for(4 * D), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* row = head<T>(x, n);
        T* y = out.y.data<T>() + n * D;
        A sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t d = 0; d < D; ++d) sum += A(row[d]) * A(row[d]);
        const A r = A(1) / std::sqrt(sum + A(eps));
        out.rnorm.data<A>()[n] = r;
        for (int64_t d = 0; d < D; ++d) y[d] = T(A(row[d]) * r);
      }
    });
  });
}

template <Isa I>
void l2_norm_backward(Cpu<I>, const Tensor& dy, const Tensor& x, const Tensor& rnorm,
                      const Tensor& dx) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t D = x.dim(2);
    parallel_for(rnorm.numel(), grain_for(6 * D), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* row = head<T>(x, n);
        const T* g = dy.data<T>() + n * D;
        T* out = head<T>(dx, n);
        const A r = rnorm.data<A>()[n];
        A dot = 0;
#pragma omp simd reduction(+ : dot)
        for (int64_t d = 0; d < D; ++d) dot += A(row[d]) * r * A(g[d]);
        for (int64_t d = 0; d < D; ++d) out[d] = T(r * (A(g[d]) - A(row[d]) * r * dot));
      }
    });
  });
}

template void l2_norm_forward(Cpu<kIsa>, const Tensor&, double, const L2NormOutput&);
template void l2_norm_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                               const Tensor&);

}  // namespace hone::kernels
