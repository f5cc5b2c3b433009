// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/optimizer/global_norm.h"

namespace hone::kernels {

template <Isa I>
void clip_factor(Cpu<I>, const Tensor& g, const Tensor& losses, double max_norm, const Tensor& norm,
                 const StepScalars& scalars, const Tensor& partial) {
  double* sums = partial.data<double>();
  visit_float(g.dtype(), [&]<class T>() {
    const T* p = g.data<T>();
    parallel_for(g.numel(), kNormBlock, [&](int64_t begin, int64_t end) {
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = begin; i < end; ++i) {
        const double x = static_cast<double>(p[i]);
        sum += x * x;
      }
      sums[begin / kNormBlock] = sum;
    });
  });
  double total = 0;
  for (int64_t b = 0; b < partial.numel(); ++b) total += sums[b];
  const double n = std::sqrt(total);
  *norm.data<float>() = static_cast<float>(n);
  bool taken = std::isfinite(*norm.data<float>());
  for (int64_t i = 0; losses.defined() && i < losses.numel(); ++i)
    taken = taken && std::isfinite(losses.data<double>()[i]);
  const double factor = max_norm > 0 ? std::min(1.0, max_norm / (n + 1e-6)) : 1;
  *scalars.clip.data<float>() =
      taken ? static_cast<float>(factor) : std::numeric_limits<float>::quiet_NaN();
  if (taken) ++*scalars.step.data<int64_t>();
}

template void clip_factor(Cpu<kIsa>, const Tensor&, const Tensor&, double, const Tensor&,
                          const StepScalars&, const Tensor&);

}  // namespace hone::kernels
