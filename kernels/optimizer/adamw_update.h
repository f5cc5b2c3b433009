// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The update of adamw.h for a run of elements: for the _cpu.cc files of this folder.
#pragma once

#include <cmath>

#include "kernels/optimizer/adamw.h"

namespace hone::kernels {

// What a step's scalars and settings come to.
template <class A>
struct AdamWConstants {
  A beta1, beta2, one_beta1, one_beta2;
  A clip;
  A keep;         // 1 - lr * decay
  A step_size;    // lr / (1 - beta1^t)
  A correction2;  // sqrt(1 - beta2^t)
  A eps;
};

template <class A>
AdamWConstants<A> adamw_constants(const StepScalars& scalars, const AdamWSettings& settings) {
  const double lr = scalars.learning_rate.item<float>();
  const double t = static_cast<double>(scalars.step.item<int64_t>());
  const double correction1 = 1 - std::pow(settings.beta1, t);
  return {.beta1 = static_cast<A>(settings.beta1),
          .beta2 = static_cast<A>(settings.beta2),
          .one_beta1 = static_cast<A>(1 - settings.beta1),
          .one_beta2 = static_cast<A>(1 - settings.beta2),
          .clip = static_cast<A>(static_cast<double>(scalars.clip.item<float>())),
          .keep = static_cast<A>(1 - lr * settings.weight_decay),
          .step_size = static_cast<A>(lr / correction1),
          .correction2 = static_cast<A>(std::sqrt(1 - std::pow(settings.beta2, t))),
          .eps = static_cast<A>(settings.eps)};
}

// n elements, of which the first `decayed` decay.
template <class T>
void adamw_update(T* p, const T* grad, T* m, T* v, int64_t n, int64_t decayed,
                  const AdamWConstants<acc_t<T>>& k) {
  using A = acc_t<T>;
  for (int64_t i = 0; i < n; ++i) {
    const A g = k.clip * A(grad[i]);
    const A decay = i < decayed ? k.keep : A(1);
    const A mi = k.beta1 * A(m[i]) + k.one_beta1 * g;
    const A vi = k.beta2 * A(v[i]) + k.one_beta2 * g * g;
    m[i] = T(mi);
    v[i] = T(vi);
    p[i] = T(A(p[i]) * decay - k.step_size * mi / (std::sqrt(vi) / k.correction2 + k.eps));
  }
}

}  // namespace hone::kernels
