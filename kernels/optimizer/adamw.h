// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// AdamW over a flat arena: one pass for all parameters.
//                                        source: Loshchilov & Hutter 2017, arXiv:1711.05101
//
//   g = clip * grad                          clip: what clip_factor (global_norm.h) found
//   p = p * (1 - lr * decay)                 for the first `decayed` elements
//   m = beta1 m + (1 - beta1) g              v = beta2 v + (1 - beta2) g^2
//   p = p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
//   shadow = bf16(p)
//
//   p, grad, m, v [n] f32 (f64 for checks)     shadow [n] bf16, or undefined
//   Where clip is NaN nothing changes.
//   lr, clip f32 scalars and t an i64 scalar live on the device, so that a captured step can be
//   replayed with new values. Decay comes before the update, as in torch.optim.AdamW.
//   Moves 4 n (p) + 4 n (grad) + 16 n (m, v) + 4 n (p) + 2 n (shadow) bytes: bandwidth bound.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/optimizer/step_scalars.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct AdamWSettings {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  int64_t decayed = 0;  // weight decay applies to elements [0, decayed)
};

// Updates p, m, v (and shadow) in place. Requires: contiguous [n], equal dtypes f32 or f64.
void adamw_step(const Tensor& p, const Tensor& grad, const Tensor& m, const Tensor& v,
                const Tensor& shadow, const StepScalars& scalars, const AdamWSettings& settings);

Cost adamw_cost(int64_t n, bool shadow);

template <Isa I>
void adamw_step(Cpu<I>, const Tensor& p, const Tensor& grad, const Tensor& m, const Tensor& v,
                const Tensor& shadow, const StepScalars& scalars, const AdamWSettings& settings);
void adamw_step(Cuda, const Tensor& p, const Tensor& grad, const Tensor& m, const Tensor& v,
                const Tensor& shadow, const StepScalars& scalars, const AdamWSettings& settings);

}  // namespace hone::kernels
