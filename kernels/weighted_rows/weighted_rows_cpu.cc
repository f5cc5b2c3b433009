// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/weighted_rows/weighted_rows.h"

namespace hone::kernels {

template <Isa I>
void weighted_rows_forward(Cpu<I>, const Tensor& ids, const Tensor& weights, const Tensor& table,
                           const Tensor& y) {
  visit_float(table.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t V = table.dim(0), C = table.dim(1), K = ids.dim(1);
    const int64_t* id = ids.data<int64_t>();
    const float* weight = weights.data<float>();
    parallel_for(ids.dim(0), grain_for(2 * K * C), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        for (int64_t k = 0; k < K; ++k)
          check(id[n * K + k] >= 0 && id[n * K + k] < V, "weighted_rows: id ", id[n * K + k],
                " of row ", n, " is outside the table of ", V, " rows");
        T* to = y.data<T>() + n * C;
        for (int64_t c = 0; c < C; ++c) {
          A sum = 0;
          for (int64_t k = 0; k < K; ++k)
            sum += A(weight[n * K + k]) * A(table.data<T>()[id[n * K + k] * C + c]);
          to[c] = T(sum);
        }
      }
    });
  });
}

template <Isa I>
void spread_rows(Cpu<I>, const Tensor& dy, const Tensor& weights, const Tensor& z) {
  visit_float(dy.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t C = dy.dim(1), K = weights.dim(1);
    parallel_for(z.dim(0), grain_for(C), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const A w = A(weights.data<float>()[i]);
        const T* from = dy.data<T>() + i / K * C;
        A* to = z.data<A>() + i * C;
        for (int64_t c = 0; c < C; ++c) to[c] = w * A(from[c]);
      }
    });
  });
}

template void weighted_rows_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                    const Tensor&);
template void spread_rows(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);

}  // namespace hone::kernels
