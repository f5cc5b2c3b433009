// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/core/row_sum.h"
#include "kernels/linear_cross_entropy/linear_cross_entropy.h"

namespace hone::kernels {

template <Isa I>
void labelled_rows(Cpu<I>, const Tensor& targets, int64_t v, const Tensor& rows,
                   const Tensor& count) {
  int32_t labelled = 0;
  for (int64_t n = 0; n < targets.dim(0); ++n) {
    const int64_t t = targets.data<int64_t>()[n];
    if (t == kIgnoredLabel) continue;
    check(t >= 0 && t < v, "linear_cross_entropy: target ", t, " of row ", n,
          " is outside the head's ", v, " rows");
    rows.data<int32_t>()[labelled++] = static_cast<int32_t>(n);
  }
  *count.data<int32_t>() = labelled;
}

template <Isa I>
void gather_rows(Cpu<I>, const Tensor& from, const Tensor& rows, const Tensor& to) {
  visit_float(from.dtype(), [&]<class T>() {
    const int64_t C = from.dim(1);
    for (int64_t i = 0; i < rows.dim(0); ++i) {
      const T* x = from.data<T>() + rows.data<int32_t>()[i] * C;
      std::copy(x, x + C, to.data<T>() + i * C);
    }
  });
}

template <Isa I>
void scatter_rows(Cpu<I>, const Tensor& from, const Tensor& rows, const Tensor& to) {
  visit_float(from.dtype(), [&]<class T>() {
    const int64_t C = from.dim(1);
    for (int64_t i = 0; i < rows.dim(0); ++i) {
      const T* x = from.data<T>() + i * C;
      std::copy(x, x + C, to.data<T>() + rows.data<int32_t>()[i] * C);
    }
  });
}

template <Isa I>
void softmax_cross_entropy(Cpu<I>, const Tensor& z, const Tensor& targets, const Tensor& rows,
                           const Tensor& num_items, const Tensor& losses, bool gradient) {
  visit_float(z.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t V = z.dim(1);
    const A items = num_items.item<A>();
    parallel_for(z.dim(0), 1, [&](int64_t i, int64_t) {
      T* row = z.data<T>() + i * V;
      const int64_t target = targets.data<int64_t>()[rows.data<int32_t>()[i]];
      const A top = largest(row, V, A(row[0]));
      A sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t v = 0; v < V; ++v) sum += exponential(A(row[v]) - top);
      const A lse = top + std::log(sum);
      losses.data<A>()[i] = lse - A(row[target]);
      if (!gradient) return;
      const A at_target = exponential(A(row[target]) - lse) - A(1);
#pragma omp simd
      for (int64_t v = 0; v < V; ++v) row[v] = T(exponential(A(row[v]) - lse) / items);
      row[target] = T(at_target / items);
    });
  });
}

template <Isa I>
void sum_losses(Cpu<I>, const Tensor& losses, const Tensor& count, const Tensor& num_items,
                const Tensor& loss) {
  visit_float(losses.dtype(), [&]<class A>() {
    if constexpr (!std::is_same_v<A, bf16>) {
      const int64_t labelled = count.item<int32_t>();
      double sum = 0;
      for (int64_t i = 0; i < labelled; ++i) sum += static_cast<double>(losses.data<A>()[i]);
      const auto items = static_cast<double>(num_items.item<A>());
      *loss.data<A>() = labelled == 0 ? A(0) : static_cast<A>(sum / items);
    }
  });
}

template void labelled_rows(Cpu<kIsa>, const Tensor&, int64_t, const Tensor&, const Tensor&);
template void gather_rows(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void scatter_rows(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void softmax_cross_entropy(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                    const Tensor&, const Tensor&, bool);
template void sum_losses(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&, const Tensor&);

}  // namespace hone::kernels
