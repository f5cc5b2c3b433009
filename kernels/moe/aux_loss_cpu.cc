// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/aux_loss.h"

namespace hone::kernels {
namespace {

// f(e, q_e) for every expert of one row of logits.
template <class T, class F>
void for_each_probability(const T* row, int64_t experts, F&& f) {
  using A = acc_t<T>;
  A largest = A(row[0]);
  for (int64_t e = 1; e < experts; ++e) largest = std::max(largest, A(row[e]));
  A sum = 0;
  for (int64_t e = 0; e < experts; ++e) sum += exponential(A(row[e]) - largest);
  for (int64_t e = 0; e < experts; ++e) f(e, exponential(A(row[e]) - largest) / sum);
}

struct RowRange {
  int64_t begin, end;
};

RowRange counted_rows(const Tensor& counted, int64_t n) {
  if (!counted.defined()) return {0, n};
  return {counted.data<int32_t>()[0], counted.data<int32_t>()[1]};
}

}  // namespace

template <Isa I>
void load_balancing_partial(Cpu<I>, const Tensor& logits, const Tensor& ids, const Tensor& counted,
                            const Tensor& probabilities, const Tensor& counts) {
  const RowRange rows = counted_rows(counted, logits.dim(0));
  visit_float(logits.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t E = logits.dim(1), K = ids.dim(1);
    parallel_for(logits.dim(0), kLoadBalancingRowBlock, [&](int64_t begin, int64_t end) {
      A* sums = probabilities.data<A>() + begin / kLoadBalancingRowBlock * E;
      A* chosen = counts.data<A>() + begin / kLoadBalancingRowBlock * E;
      std::fill(sums, sums + E, A(0));
      std::fill(chosen, chosen + E, A(0));
      for (int64_t n = rows.begin + begin; n < std::min(rows.begin + end, rows.end); ++n) {
        for_each_probability(logits.data<T>() + n * E, E, [&](int64_t e, A q) { sums[e] += q; });
        for (int64_t j = 0; j < K; ++j) chosen[ids.data<int32_t>()[n * K + j]] += A(1);
      }
    });
  });
}

template <Isa I>
void load_balancing_total(Cpu<I>, const Tensor& probabilities, const Tensor& counts,
                          const Tensor& counted, int64_t n, int64_t layers,
                          const LoadBalancing& out) {
  const RowRange range = counted_rows(counted, n);
  const int64_t counted_in_all = layers * (range.end - range.begin);
  visit_float(out.loss.dtype(), [&]<class A>() {
    const int64_t E = out.fractions.numel();
    const double rows = static_cast<double>(std::max<int64_t>(counted_in_all, 1));
    double loss = 0;
    for (int64_t e = 0; e < E; ++e) {
      double p = 0, f = 0;
      for (int64_t b = 0; b < probabilities.dim(0); ++b) {
        p += static_cast<double>(probabilities.data<A>()[b * E + e]);
        f += static_cast<double>(counts.data<A>()[b * E + e]);
      }
      out.fractions.data<A>()[e] = static_cast<A>(static_cast<acc_t<A>>(f / rows));
      loss += f / rows * (p / rows);
    }
    *out.loss.data<A>() = static_cast<A>(static_cast<acc_t<A>>(static_cast<double>(E) * loss));
  });
}

template <Isa I>
void load_balancing_backward(Cpu<I>, const Tensor& dloss, const Tensor& logits,
                             const Tensor& fractions, const Tensor& counted, int64_t layers,
                             const Tensor& dlogits) {
  const RowRange rows = counted_rows(counted, logits.dim(0));
  visit_float(logits.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t E = logits.dim(1);
    const A* f = fractions.data<A>();
    const A factor =
        *dloss.data<A>() * A(E) / A(layers * std::max<int64_t>(rows.end - rows.begin, 1));
    parallel_for(logits.dim(0), grain_for(8 * E), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* row = logits.data<T>() + n * E;
        T* out = dlogits.data<T>() + n * E;
        if (n < rows.begin || n >= rows.end) {
          std::fill(out, out + E, T(A(0)));
          continue;
        }
        A mean = 0;
        for_each_probability(row, E, [&](int64_t e, A q) { mean += q * f[e]; });
        for_each_probability(row, E,
                             [&](int64_t e, A q) { out[e] = T(factor * q * (f[e] - mean)); });
      }
    });
  });
}

template void load_balancing_partial(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                     const Tensor&, const Tensor&);
template void load_balancing_total(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&, int64_t,
                                   int64_t, const LoadBalancing&);
template void load_balancing_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                      const Tensor&, int64_t, const Tensor&);

}  // namespace hone::kernels
