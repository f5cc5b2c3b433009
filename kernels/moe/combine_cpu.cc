// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/combine.h"

namespace hone::kernels {
namespace {

constexpr int64_t kColumns = 256;  // of a row that are summed at a time, on the stack

}  // namespace

template <Isa I>
void moe_combine(Cpu<I>, const Tensor& y, const Tensor& weights, const ExpertOrder& order,
                 const Tensor& out) {
  visit_float(y.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t N = out.dim(0), C = out.dim(1), K = N ? y.dim(0) / N : 0;
    const int32_t* position = order.inverse.data<int32_t>();
    parallel_for(N, grain_for(K * C), [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t)
        for (int64_t c = 0; c < C; c += kColumns) {
          const int64_t columns = std::min(kColumns, C - c);
          A sums[kColumns] = {};
          for (int64_t a = t * K; a < (t + 1) * K; ++a) {
            const A w = weights.defined() ? A(weights.data<T>()[a]) : A(1);
            const T* row = y.data<T>() + position[a] * C + c;
            for (int64_t i = 0; i < columns; ++i) sums[i] += w * A(row[i]);
          }
          T* to = out.data<T>() + t * C + c;
          for (int64_t i = 0; i < columns; ++i) to[i] = T(sums[i]);
        }
    });
  });
}

template <Isa I>
void moe_scale_rows(Cpu<I>, const Tensor& x, const Tensor& weights, const ExpertOrder& order,
                    const Tensor& out) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t C = x.dim(1);
    parallel_for(x.dim(0), grain_for(C), [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        const A w = A(weights.data<T>()[order.order.data<int32_t>()[p]]);
        const T* from = x.data<T>() + p * C;
        T* to = out.data<T>() + p * C;
        for (int64_t c = 0; c < C; ++c) to[c] = T(w * A(from[c]));
      }
    });
  });
}

template void moe_combine(Cpu<kIsa>, const Tensor&, const Tensor&, const ExpertOrder&,
                          const Tensor&);
template void moe_scale_rows(Cpu<kIsa>, const Tensor&, const Tensor&, const ExpertOrder&,
                             const Tensor&);

}  // namespace hone::kernels
