// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/optimizer/adamw.h"

namespace hone::kernels {

template <Isa I>
void adamw_step(Cpu<I>, const Tensor& p, const Tensor& grad, const Tensor& m, const Tensor& v,
                const Tensor& shadow, const StepScalars& scalars, const AdamWSettings& settings) {
  const double lr = scalars.learning_rate.item<float>();
  const double t = static_cast<double>(scalars.step.item<int64_t>());
  const double clip = scalars.clip.item<float>();
  const double correction1 = 1 - std::pow(settings.beta1, t);
  const double correction2 = std::sqrt(1 - std::pow(settings.beta2, t));
  visit_float(p.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const A b1 = static_cast<A>(settings.beta1), b2 = static_cast<A>(settings.beta2);
    const A one_b1 = static_cast<A>(1 - settings.beta1),
            one_b2 = static_cast<A>(1 - settings.beta2);
    const A keep = static_cast<A>(1 - lr * settings.weight_decay);
    const A step_size = static_cast<A>(lr / correction1), c2 = static_cast<A>(correction2);
    const A eps = static_cast<A>(settings.eps), factor = static_cast<A>(clip);
    parallel_for(p.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
      T *pp = p.data<T>(), *pm = m.data<T>(), *pv = v.data<T>();
      const T* pg = grad.data<T>();
      for (int64_t i = begin; i < end; ++i) {
        const A g = factor * A(pg[i]);
        const A decay = i < settings.decayed ? keep : A(1);
        const A mi = b1 * A(pm[i]) + one_b1 * g;
        const A vi = b2 * A(pv[i]) + one_b2 * g * g;
        pm[i] = T(mi);
        pv[i] = T(vi);
        pp[i] = T(A(pp[i]) * decay - step_size * mi / (std::sqrt(vi) / c2 + eps));
      }
      if (shadow.defined())
        for (int64_t i = begin; i < end; ++i) shadow.data<bf16>()[i] = bf16(acc_t<T>(pp[i]));
    });
  });
}

template void adamw_step(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                         const Tensor&, const StepScalars&, const AdamWSettings&);

}  // namespace hone::kernels
