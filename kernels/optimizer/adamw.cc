// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/optimizer/adamw.h"

namespace hone::kernels {

void adamw_step(const Tensor& p, const Tensor& grad, const Tensor& m, const Tensor& v,
                const Tensor& shadow, const StepScalars& scalars, const AdamWSettings& settings) {
  for (const Tensor* t : {&grad, &m, &v})
    check(t->shape() == p.shape() && t->dtype() == p.dtype() && t->is_contiguous(),
          "adamw: parameters ", p.shape(), " ", name_of(p.dtype()), ", state or gradient ",
          t->shape(), " ", name_of(t->dtype()));
  check(p.dtype() == DType::f32 || p.dtype() == DType::f64, "adamw: master parameters are ",
        name_of(p.dtype()));
  if (shadow.defined())
    check(shadow.shape() == p.shape() && shadow.dtype() == DType::bf16, "adamw: shadow ",
          shadow.shape(), " ", name_of(shadow.dtype()), " for parameters ", p.shape());
  visit_device(p.device(),
               [&](auto device) { adamw_step(device, p, grad, m, v, shadow, scalars, settings); });
}

Cost adamw_cost(int64_t n, bool shadow) {
  return {static_cast<double>(n) * (shadow ? 30 : 28), static_cast<double>(n) * 14};
}

}  // namespace hone::kernels
