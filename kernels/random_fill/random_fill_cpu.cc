// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/random_fill/random_fill.h"

namespace hone::kernels {
namespace {

// t[i] = value(i) for all i.
template <class Value>
void fill_each(const Tensor& t, const Value& value) {
  visit_float(t.dtype(), [&]<class T>() {
    T* to = t.data<T>();
    parallel_for(t.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] = T(acc_t<T>(value(static_cast<uint64_t>(i))));
    });
  });
}

}  // namespace

template <Isa I>
void fill_uniform(Cpu<I>, const Tensor& t, float bound, const RandomStream& stream) {
  fill_each(t, [&](uint64_t i) { return bound * (2 * stream.uniform(i) - 1); });
}

template <Isa I>
void fill_normal(Cpu<I>, const Tensor& t, float deviation, const RandomStream& stream) {
  fill_each(t, [&](uint64_t i) { return deviation * stream.normal(i); });
}

template void fill_uniform(Cpu<kIsa>, const Tensor&, float, const RandomStream&);
template void fill_normal(Cpu<kIsa>, const Tensor&, float, const RandomStream&);

}  // namespace hone::kernels
