// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/optimizer/global_norm.h"

#include "kernels/core/scratch.h"

namespace hone::kernels {

void clip_factor(const Tensor& g, const Tensor& losses, double max_norm, const Tensor& norm,
                 const StepScalars& scalars) {
  check(g.is_contiguous() && (g.dtype() == DType::f32 || g.dtype() == DType::f64),
        "clip_factor: gradients must be contiguous f32 or f64, got ", name_of(g.dtype()));
  check(max_norm >= 0, "clip_factor: max_norm ", max_norm, " is negative");
  for (const Tensor* t : {&norm, &scalars.clip})
    check(t->numel() == 1 && t->dtype() == DType::f32,
          "clip_factor: norm and clip are f32 scalars");
  check(scalars.step.numel() == 1 && scalars.step.dtype() == DType::i64,
        "clip_factor: step is an i64 scalar");
  if (losses.defined())
    check(losses.dtype() == DType::f64 && losses.is_contiguous(), "clip_factor: losses are ",
          name_of(losses.dtype()));
  const int64_t blocks = (g.numel() + kNormBlock - 1) / kNormBlock;
  const Tensor partial = scratch_tensor({blocks}, DType::f64, g.device());
  visit_device(g.device(), [&](auto device) {
    clip_factor(device, g, losses, max_norm, norm, scalars, partial);
  });
}

Cost clip_factor_cost(int64_t n, DType t) {
  return {static_cast<double>(n * size_of(t)), 2.0 * static_cast<double>(n)};
}

}  // namespace hone::kernels
