// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/core/block_sum.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/layer_norm/layer_norm.h"

namespace hone::kernels {
namespace {

// g[c] - w[c], before it is rounded.
template <class A>
A offset_of(NormWeight kind) {
  return A(kind == NormWeight::zero_centred ? 1 : 0);
}

// g[c].
template <class T>
acc_t<T> factor(T w, acc_t<T> offset) {
  return acc_t<T>(T(offset + acc_t<T>(w)));
}

}  // namespace

template <Isa I>
void layer_norm_forward(Cpu<I>, const Tensor& x, const Tensor& residual, const Tensor& w,
                        const Tensor& b, double eps, NormWeight kind, const LayerNormOutput& out) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t C = x.dim(-1), N = out.stats.dim(1);
    const T *weight = w.data<T>(), *bias = b.data<T>();
    const A offset = offset_of<A>(kind);
    A *means = out.stats.data<A>(), *rstd = means + N;
    parallel_for(N, grain_for(7 * C), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* row = x.data<T>() + n * C;
        if (residual.defined()) {
          const T* add = residual.data<T>() + n * C;
          T* h = out.h.data<T>() + n * C;
          for (int64_t c = 0; c < C; ++c) h[c] = T(A(row[c]) + A(add[c]));
          row = h;
        }
        A sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t c = 0; c < C; ++c) sum += A(row[c]);
        const A mean = sum / A(C);
        A squares = 0;
#pragma omp simd reduction(+ : squares)
        for (int64_t c = 0; c < C; ++c) squares += (A(row[c]) - mean) * (A(row[c]) - mean);
        const A r = A(1) / std::sqrt(squares / A(C) + A(eps));
        means[n] = mean;
        rstd[n] = r;
        T* y = out.y.data<T>() + n * C;
        for (int64_t c = 0; c < C; ++c)
          y[c] = T((A(row[c]) - mean) * r * factor<T>(weight[c], offset) + A(bias[c]));
      }
    });
  });
}

template <Isa I>
void layer_norm_backward(Cpu<I>, const Tensor& dy, const Tensor& dh_out, const Tensor& h,
                         const Tensor& w, const Tensor& stats, NormWeight kind, const Tensor& dx,
                         const LayerNormTargets& targets, const Tensor& partial) {
  visit_float(h.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t N = stats.dim(1), C = h.dim(-1);
    const T* weight = w.data<T>();
    const A offset = offset_of<A>(kind);
    const A *means = stats.data<A>(), *rstd = means + N;
    const int64_t blocks = partial.defined() ? partial.dim(1) : 0;
    const int64_t rows = layer_norm_row_block(N, h.device());
    parallel_for(N, rows, [&](int64_t begin, int64_t end) {
      A* dw = blocks ? partial.data<A>() + begin / rows * C : nullptr;
      A* db = blocks ? dw + blocks * C : nullptr;
      if (dw) std::fill(dw, dw + C, A(0));
      if (db) std::fill(db, db + C, A(0));
      for (int64_t n = begin; n < end; ++n) {
        const T* row = h.data<T>() + n * C;
        const T* g = dy.data<T>() + n * C;
        const A m = means[n], r = rstd[n];
        A sum = 0, dot = 0;
#pragma omp simd reduction(+ : sum, dot)
        for (int64_t c = 0; c < C; ++c) {
          const A u = factor<T>(weight[c], offset) * A(g[c]);
          sum += u;
          dot += u * (A(row[c]) - m) * r;
        }
        const A mean_u = sum / A(C), mean_dot = dot / A(C);
        const T* add = dh_out.defined() ? dh_out.data<T>() + n * C : nullptr;
        T* to = dx.data<T>() + n * C;
        for (int64_t c = 0; c < C; ++c) {
          const A xh = (A(row[c]) - m) * r;
          const A d = r * (factor<T>(weight[c], offset) * A(g[c]) - mean_u - xh * mean_dot);
          to[c] = T(add ? d + A(add[c]) : d);
        }
        if (!dw) continue;
        for (int64_t c = 0; c < C; ++c) {
          dw[c] += A(g[c]) * (A(row[c]) - m) * r;
          db[c] += A(g[c]);
        }
      }
    });
    if (targets.dw.wanted()) sum_blocks(partial.data<A>(), blocks, C, targets.dw);
    if (targets.db.wanted()) sum_blocks(partial.data<A>() + blocks * C, blocks, C, targets.db);
  });
}

template void layer_norm_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                 const Tensor&, double, NormWeight, const LayerNormOutput&);
template void layer_norm_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                  const Tensor&, const Tensor&, NormWeight, const Tensor&,
                                  const LayerNormTargets&, const Tensor&);

}  // namespace hone::kernels
