// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/optimizer/adamw_update.h"

namespace hone::kernels {

template <Isa I>
void adamw_step(Cpu<I>, const Tensor& p, const Tensor& grad, const Tensor& m, const Tensor& v,
                const Tensor& shadow, const StepScalars& scalars, const AdamWSettings& settings) {
  if (std::isnan(scalars.clip.item<float>())) return;
  visit_float(p.dtype(), [&]<class T>() {
    const auto k = adamw_constants<acc_t<T>>(scalars, settings);
    parallel_for(p.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
      T* pp = p.data<T>();
      adamw_update(pp + begin, grad.data<T>() + begin, m.data<T>() + begin, v.data<T>() + begin,
                   end - begin, settings.decayed - begin, k);
      if (shadow.defined())
        for (int64_t i = begin; i < end; ++i) shadow.data<bf16>()[i] = bf16(acc_t<T>(pp[i]));
    });
  });
}

template void adamw_step(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                         const Tensor&, const StepScalars&, const AdamWSettings&);

}  // namespace hone::kernels
