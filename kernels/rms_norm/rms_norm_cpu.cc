// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/core/block_sum.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/rms_norm/rms_norm.h"

namespace hone::kernels {
namespace {

// g[c] * xh, rounded as the two forms define it.
template <class T>
T scaled(acc_t<T> xh, T w, NormWeight kind) {
  using A = acc_t<T>;
  if (kind == NormWeight::zero_centred) return T(xh * (A(1) + A(w)));
  return T(A(T(xh)) * A(w));
}

// What a weight of zero multiplies by.
template <class A>
A centre_of(NormWeight kind) {
  return kind == NormWeight::zero_centred ? A(1) : A(0);
}

}  // namespace

template <Isa I>
void rms_norm_forward(Cpu<I>, const Tensor& x, const Tensor& residual, const Tensor& w, double eps,
                      NormWeight kind, const RmsNormOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t C = x.dim(-1);
    const T* weight = w.data<T>();
    A* rstd = out.rstd.data<A>();
    parallel_for(out.rstd.numel(), grain_for(4 * C), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* row = x.data<T>() + n * C;
        if (residual.defined()) {
          const T* add = residual.data<T>() + n * C;
          T* h = out.h.data<T>() + n * C;
#pragma omp simd
          for (int64_t c = 0; c < C; ++c) h[c] = T(A(row[c]) + A(add[c]));
          row = h;
        }
        A sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t c = 0; c < C; ++c) sum += A(row[c]) * A(row[c]);
        const A r = A(1) / std::sqrt(sum / A(C) + A(eps));
        rstd[n] = r;
        T* y = out.y.data<T>() + n * C;
#pragma omp simd
        for (int64_t c = 0; c < C; ++c) y[c] = scaled<T>(A(row[c]) * r, weight[c], kind);
      }
    });
  });
}

template <Isa I>
void rms_norm_backward(Cpu<I>, const Tensor& dy, const Tensor& dh_out, const Tensor& h,
                       const Tensor& w, const Tensor& rstd, NormWeight kind, const Tensor& dx,
                       const GradTarget& dw, const Tensor& partial) {
  visit_float(h.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t N = rstd.numel();
    const int64_t C = h.dim(-1);
    const int64_t rows = rms_norm_row_block(N, h.device());
    parallel_for(N, rows, [&](int64_t begin, int64_t end) {
      const T* weight = w.data<T>();
      const A centre = centre_of<A>(kind);
      A* sums = dw.wanted() ? partial.data<A>() + begin / rows * C : nullptr;
      if (sums) std::fill(sums, sums + C, A(0));
      for (int64_t n = begin; n < end; ++n) {
        const T* row = h.data<T>() + n * C;
        const T* g = dy.data<T>() + n * C;
        const A r = rstd.data<A>()[n];
        A dot = 0;
#pragma omp simd reduction(+ : dot)
        for (int64_t c = 0; c < C; ++c) dot += (centre + A(weight[c])) * A(g[c]) * A(row[c]) * r;
        const A mean = dot / A(C);
        const T* add = dh_out.defined() ? dh_out.data<T>() + n * C : nullptr;
        T* out = dx.data<T>() + n * C;
        const auto write = [&](auto&& result) {
#pragma omp simd
          for (int64_t c = 0; c < C; ++c) {
            const A xh = A(row[c]) * r;
            out[c] = T(result(r * ((centre + A(weight[c])) * A(g[c]) - xh * mean), c));
          }
        };
        if (add)
          write([add](A d, int64_t c) { return d + A(add[c]); });
        else
          write([](A d, int64_t) { return d; });
        if (sums) {
#pragma omp simd
          for (int64_t c = 0; c < C; ++c) sums[c] += A(g[c]) * A(row[c]) * r;
        }
      }
    });
    if (dw.wanted()) sum_blocks(partial.data<A>(), partial.dim(0), C, dw);
  });
}

template void rms_norm_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&, double,
                               NormWeight, const RmsNormOutput&);
template void rms_norm_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                const Tensor&, const Tensor&, NormWeight, const Tensor&,
                                const GradTarget&, const Tensor&);

}  // namespace hone::kernels
