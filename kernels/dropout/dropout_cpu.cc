// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/dropout/dropout.h"

namespace hone::kernels {

template <Isa I>
void dropout(Cpu<I>, const Tensor& x, double p, const DropoutStream& stream, const Tensor& y) {
  const int64_t* key = stream.seed_and_pass.data<int64_t>();
  const RandomStream random(static_cast<uint64_t>(key[0]), stream.path,
                            static_cast<uint64_t>(key[1]));
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const A scale = static_cast<A>(1 / (1 - p));
    const T* from = x.data<T>();
    T* to = y.data<T>();
    parallel_for(x.numel(), 1 << 12, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const bool kept = static_cast<double>(random.uniform(static_cast<uint64_t>(i))) >= p;
        to[i] = kept ? T(A(from[i]) * scale) : T(A(0));
      }
    });
  });
}

template void dropout(Cpu<kIsa>, const Tensor&, double, const DropoutStream&, const Tensor&);

}  // namespace hone::kernels
