// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// adamw_update.h in device code: the constants of a step from the scalars in device memory, and the
// update of one element.
#pragma once

#include "kernels/core/cuda/vec.cuh"
#include "kernels/optimizer/adamw.h"

namespace hone::kernels {

// Where the scalars of a step lie.
struct DeviceScalars {
  const float* learning_rate;
  const int64_t* step;
  const float* clip;

  explicit DeviceScalars(const StepScalars& s)
      : learning_rate(s.learning_rate.data<float>()),
        step(s.step.data<int64_t>()),
        clip(s.clip.data<float>()) {}
};

template <class A>
struct DeviceAdamW {
  A beta1, beta2, one_beta1, one_beta2, clip, keep, step_size, correction2, eps;

  __device__ DeviceAdamW(const DeviceScalars& scalars, const AdamWSettings& s) {
    const double lr = *scalars.learning_rate, t = static_cast<double>(*scalars.step);
    beta1 = static_cast<A>(s.beta1);
    beta2 = static_cast<A>(s.beta2);
    one_beta1 = static_cast<A>(1 - s.beta1);
    one_beta2 = static_cast<A>(1 - s.beta2);
    clip = static_cast<A>(static_cast<double>(*scalars.clip));
    keep = static_cast<A>(1 - lr * s.weight_decay);
    step_size = static_cast<A>(lr / (1 - pow(s.beta1, t)));
    correction2 = static_cast<A>(sqrt(1 - pow(s.beta2, t)));
    eps = static_cast<A>(s.eps);
  }

  __device__ void update(A& p, A grad, A& m, A& v, bool decays) const {
    const A g = clip * grad;
    m = beta1 * m + one_beta1 * g;
    v = beta2 * v + one_beta2 * g * g;
    p = p * (decays ? keep : A(1)) - step_size * m / (sqrt(v) / correction2 + eps);
  }
};

}  // namespace hone::kernels
