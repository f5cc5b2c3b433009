// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/core/block_sum.h"
#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/gated_rms_norm/gated_rms_norm.h"

namespace hone::kernels {
template <Isa I>
void gated_rms_norm_forward(Cpu<I>, const Tensor& x, const Tensor& z, const Tensor& w, double eps,
                            const GatedRmsNormOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t D = x.dim(-1);
    const T* weight = w.data<T>();
    A* rstd = out.rstd.data<A>();
    parallel_for(out.rstd.numel(), grain_for(16 * D), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* row = x.data<T>() + n * D;
        const T* gate = z.data<T>() + n * D;
        T* y = out.y.data<T>() + n * D;
        A sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t d = 0; d < D; ++d) sum += A(row[d]) * A(row[d]);
        const A r = A(1) / std::sqrt(sum / A(D) + A(eps));
        rstd[n] = r;
#pragma omp simd
        for (int64_t d = 0; d < D; ++d)
          y[d] = T(A(weight[d]) * (A(row[d]) * r) * (A(gate[d]) * sigmoid(A(gate[d]))));
      }
    });
  });
}

template <Isa I>
void gated_rms_norm_backward(Cpu<I>, const Tensor& dy, const Tensor& x, const Tensor& z,
                             const Tensor& w, const Tensor& rstd, const GatedRmsNormGrads& out,
                             const GradTarget& dw, const Tensor& partial) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t D = x.dim(-1);
    parallel_for(rstd.numel(), kGatedRmsNormRowBlock, [&](int64_t begin, int64_t end) {
      const T* weight = w.data<T>();
      A* sums = dw.wanted() ? partial.data<A>() + begin / kGatedRmsNormRowBlock * D : nullptr;
      if (sums) std::fill(sums, sums + D, A(0));
      for (int64_t n = begin; n < end; ++n) {
        const T* row = x.data<T>() + n * D;
        const T* gate = z.data<T>() + n * D;
        const T* g = dy.data<T>() + n * D;
        T* dx = out.dx.data<T>() + n * D;
        T* dz = out.dz.data<T>() + n * D;
        const A r = rstd.data<A>()[n];
        A dot = 0;
#pragma omp simd reduction(+ : dot)
        for (int64_t d = 0; d < D; ++d) {
          const A u = A(g[d]) * A(weight[d]) * (A(gate[d]) * sigmoid(A(gate[d])));
          dot += u * A(row[d]) * r;
        }
        const A mean = dot / A(D);
#pragma omp simd
        for (int64_t d = 0; d < D; ++d) {
          const A xh = A(row[d]) * r, s = sigmoid(A(gate[d]));
          const A u = A(g[d]) * A(weight[d]) * (A(gate[d]) * s);  // the gradient of xh
          dx[d] = T(r * (u - xh * mean));
          dz[d] = T(A(g[d]) * A(weight[d]) * xh * s * (A(1) + A(gate[d]) * (A(1) - s)));
        }
        if (sums) {
#pragma omp simd
          for (int64_t d = 0; d < D; ++d)
            sums[d] += A(g[d]) * (A(row[d]) * r) * A(gate[d]) * sigmoid(A(gate[d]));
        }
      }
    });
    if (dw.wanted()) sum_blocks(partial.data<A>(), partial.dim(0), D, dw);
  });
}

template void gated_rms_norm_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&, double,
                                     const GatedRmsNormOutput&);
template void gated_rms_norm_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                      const Tensor&, const Tensor&, const GatedRmsNormGrads&,
                                      const GradTarget&, const Tensor&);

}  // namespace hone::kernels
