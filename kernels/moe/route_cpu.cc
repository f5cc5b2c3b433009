// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/route.h"

namespace hone::kernels {
namespace {

// The k largest of row[0, experts), descending, by insertion. An expert is only moved before
// strictly smaller ones, so ties stay in index order, and NaN (never larger) never leaves a gap.
template <class T>
void top_k(const T* row, int64_t experts, int64_t k, int32_t* ids) {
  using A = acc_t<T>;
  for (int64_t e = 0; e < experts; ++e) {
    const A value = A(row[e]);
    int64_t at = std::min(e, k - 1);
    if (e >= k && !(value > A(row[ids[at]]))) continue;
    for (; at > 0 && value > A(row[ids[at - 1]]); --at) ids[at] = ids[at - 1];
    ids[at] = static_cast<int32_t>(e);
  }
}

// The largest logit and sum_e exp(logit_e - largest) of one row.
template <class A>
struct SoftmaxScale {
  A largest;
  A sum;
};
template <class T>
SoftmaxScale<acc_t<T>> softmax_scale(const T* row, int64_t experts) {
  using A = acc_t<T>;
  A largest = A(row[0]);
  for (int64_t e = 1; e < experts; ++e) largest = std::max(largest, A(row[e]));
  A sum = 0;
  for (int64_t e = 0; e < experts; ++e) sum += exponential(A(row[e]) - largest);
  return {largest, sum};
}
// The same over the chosen experts.
template <class T>
SoftmaxScale<acc_t<T>> softmax_scale(const T* row, const int32_t* ids, int64_t k) {
  using A = acc_t<T>;
  A largest = A(row[ids[0]]);
  for (int64_t j = 1; j < k; ++j) largest = std::max(largest, A(row[ids[j]]));
  A sum = 0;
  for (int64_t j = 0; j < k; ++j) sum += exponential(A(row[ids[j]]) - largest);
  return {largest, sum};
}

}  // namespace

template <Isa I>
void moe_route_forward(Cpu<I>, const Tensor& logits, bool renormalise, bool replay,
                       const MoeRouteOutput& out) {
  visit_float(logits.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t E = logits.dim(1), K = out.ids.dim(1);
    parallel_for(logits.dim(0), grain_for(8 * E), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* row = logits.data<T>() + n * E;
        int32_t* ids = out.ids.data<int32_t>() + n * K;
        if (!replay) top_k(row, E, K, ids);
        const auto [largest, sum] =
            renormalise ? softmax_scale(row, ids, K) : softmax_scale(row, E);
        for (int64_t j = 0; j < K; ++j) {
          const A w = exponential(A(row[ids[j]]) - largest) / sum;
          out.exact.data<A>()[n * K + j] = w;
          out.weights.data<T>()[n * K + j] = T(w);
        }
      }
    });
  });
}

template <Isa I>
void moe_route_backward(Cpu<I>, const Tensor& dw, const Tensor& logits, const Tensor& ids,
                        const Tensor& dlogits) {
  visit_float(logits.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t E = logits.dim(1), K = ids.dim(1);
    parallel_for(logits.dim(0), grain_for(8 * E), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* row = logits.data<T>() + n * E;
        const T* g = dw.data<T>() + n * K;
        const int32_t* id = ids.data<int32_t>() + n * K;
        T* out = dlogits.data<T>() + n * E;
        const auto scale = softmax_scale(row, E);
        const auto p = [&](int64_t e) {
          return exponential(A(row[e]) - scale.largest) / scale.sum;
        };
        A dot = 0;
        for (int64_t j = 0; j < K; ++j) dot += p(id[j]) * A(g[j]);
        for (int64_t e = 0; e < E; ++e) out[e] = T(-p(e) * dot);
        for (int64_t j = 0; j < K; ++j) out[id[j]] = T(p(id[j]) * (A(g[j]) - dot));
      }
    });
  });
}

template <Isa I>
void moe_route_renormalised_backward(Cpu<I>, const Tensor& dw, const Tensor& exact,
                                     const Tensor& ids, const Tensor& dlogits) {
  visit_float(dw.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t E = dlogits.dim(1), K = ids.dim(1);
    parallel_for(dw.dim(0), grain_for(E), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const A* w = exact.data<A>() + n * K;
        const T* g = dw.data<T>() + n * K;
        T* out = dlogits.data<T>() + n * E;
        A dot = 0;
        for (int64_t j = 0; j < K; ++j) dot += w[j] * A(g[j]);
        std::fill(out, out + E, T(A(0)));
        for (int64_t j = 0; j < K; ++j)
          out[ids.data<int32_t>()[n * K + j]] = T(w[j] * (A(g[j]) - dot));
      }
    });
  });
}

template void moe_route_forward(Cpu<kIsa>, const Tensor&, bool, bool, const MoeRouteOutput&);
template void moe_route_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                 const Tensor&);
template void moe_route_renormalised_backward(Cpu<kIsa>, const Tensor&, const Tensor&,
                                              const Tensor&, const Tensor&);

}  // namespace hone::kernels
