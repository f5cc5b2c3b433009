// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/dora/dora.h"

namespace hone::kernels {
namespace {

// x / norm, and nothing for a row without a direction.
template <class A>
A over(A x, A norm) {
  return norm > A(0) ? x / norm : A(0);
}

template <class A>
void ordered_sum(const Tensor& parts, const GradTarget& target) {
  const int64_t columns = parts.dim(1);
  A* total = target.tensor.data<A>();
  for (int64_t o = 0; o < columns; ++o) {
    A sum = target.accumulate ? total[o] : A(0);
    for (int64_t b = 0; b < parts.dim(0); ++b) sum += parts.data<A>()[b * columns + o];
    total[o] = sum;
  }
}

}  // namespace

template <Isa I>
void dora_norms(Cpu<I>, const Tensor& v, const Tensor& norm) {
  visit_float(v.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t in = v.dim(1);
    parallel_for(v.dim(0), grain_for(2 * in), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) {
        const T* row = v.data<T>() + o * in;
        A sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < in; ++i) sum += A(row[i]) * A(row[i]);
        norm.data<A>()[o] = std::sqrt(sum);
      }
    });
  });
}

template <Isa I>
void dora_forward(Cpu<I>, const Tensor& u, const Tensor& magnitude, const Tensor& norm,
                  const Tensor& bias, const Tensor& y) {
  visit_float(u.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t out = u.dim(1);
    const A *m = magnitude.data<A>(), *length = norm.data<A>();
    const T* add = bias.defined() ? bias.data<T>() : nullptr;
    parallel_for(u.dim(0), grain_for(4 * out), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T* row = u.data<T>() + n * out;
        T* to = y.data<T>() + n * out;
        for (int64_t o = 0; o < out; ++o)
          to[o] = T(A(row[o]) * over(m[o], length[o]) + (add ? A(add[o]) : A(0)));
      }
    });
  });
}

template <Isa I>
void dora_backward(Cpu<I>, const Tensor& dy, const Tensor& u, const Tensor& magnitude,
                   const Tensor& norm, const Tensor& du, const GradTarget& dmagnitude,
                   const Tensor& magnitude_parts, const GradTarget& dbias,
                   const Tensor& bias_parts) {
  visit_float(u.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t out = u.dim(1);
    const A *m = magnitude.data<A>(), *length = norm.data<A>();
    const auto part = [&](const Tensor& parts, int64_t begin) {
      A* sums = parts.defined() ? parts.data<A>() + begin / kDoraRowBlock * out : nullptr;
      if (sums) std::fill(sums, sums + out, A(0));
      return sums;
    };
    parallel_for(u.dim(0), kDoraRowBlock, [&](int64_t begin, int64_t end) {
      A *dm = part(magnitude_parts, begin), *db = part(bias_parts, begin);
      for (int64_t n = begin; n < end; ++n) {
        const T *g = dy.data<T>() + n * out, *row = u.data<T>() + n * out;
        T* to = du.data<T>() + n * out;
        for (int64_t o = 0; o < out; ++o) to[o] = T(A(g[o]) * over(m[o], length[o]));
        if (dm)
          for (int64_t o = 0; o < out; ++o) dm[o] += over(A(g[o]) * A(row[o]), length[o]);
        if (db)
          for (int64_t o = 0; o < out; ++o) db[o] += A(g[o]);
      }
    });
    if (dmagnitude.wanted()) ordered_sum<A>(magnitude_parts, dmagnitude);
    if (dbias.wanted()) ordered_sum<A>(bias_parts, dbias);
  });
}

template void dora_norms(Cpu<kIsa>, const Tensor&, const Tensor&);
template void dora_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                           const Tensor&);
template void dora_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                            const Tensor&, const GradTarget&, const Tensor&, const GradTarget&,
                            const Tensor&);

}  // namespace hone::kernels
