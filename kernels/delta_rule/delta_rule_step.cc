// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/delta_rule/delta_rule_step.h"

#include "kernels/core/slots.h"

namespace hone::kernels {
namespace {

void check_operands(const DeltaStepInput& in, const Tensor& states) {
  for (const Tensor* t : {&in.q, &in.k, &in.v})
    check(t->rank() == 3 && (t->dim(2) <= 1 || t->stride(2) == 1),
          "gated_delta_rule_step: ", t->shape(), " must be [N, H, D] with contiguous heads");
  check(in.k.shape() == in.q.shape() && in.v.dim(0) == in.q.dim(0), "gated_delta_rule_step: q ",
        in.q.shape(), ", k ", in.k.shape(), " and v ", in.v.shape(), " do not fit");
  check(in.q.dim(1) >= 1 && in.v.dim(1) % in.q.dim(1) == 0, "gated_delta_rule_step: ", in.v.dim(1),
        " value heads are not a multiple of ", in.q.dim(1), " key heads");
  check(in.k.dtype() == in.q.dtype() && in.v.dtype() == in.q.dtype(),
        "gated_delta_rule_step: q is ", name_of(in.q.dtype()), ", k ", name_of(in.k.dtype()),
        ", v ", name_of(in.v.dtype()));
  const Shape gates{in.v.dim(0), in.v.dim(1)};
  const DType wide = accumulator_dtype(in.v.dtype());
  for (const Tensor* t : {&in.g, &in.beta})
    check(t->shape() == gates && t->dtype() == wide && t->is_contiguous(),
          "gated_delta_rule_step: gate ", t->shape(), " ", name_of(t->dtype()), " must be ", gates,
          " ", name_of(wide));
  check(states.rank() == 4 &&
            states.shape() == Shape{states.dim(0), in.v.dim(1), in.q.dim(2), in.v.dim(2)} &&
            states.dtype() == wide && states.is_contiguous(),
        "gated_delta_rule_step: states ", states.shape(), " ", name_of(states.dtype()),
        " must be [slots, ", in.v.dim(1), ", ", in.q.dim(2), ", ", in.v.dim(2), "] ",
        name_of(wide));
  check_slots("gated_delta_rule_step", in.slots, in.q.dim(0), states.dim(0));
}

}  // namespace

Tensor gated_delta_rule_step(const DeltaStepInput& in, const Tensor& states) {
  check_operands(in, states);
  Tensor o = Tensor::empty(in.v.shape(), in.v.dtype(), in.v.device());
  visit_device(in.v.device(), [&](auto device) { gated_delta_rule_step(device, in, states, o); });
  return o;
}

Cost gated_delta_rule_step_cost(int64_t n, const DeltaHeads& heads, DType t) {
  const double rows = static_cast<double>(n);
  const double state = static_cast<double>(heads.key_dim * heads.value_width());
  const double wide = size_of(accumulator_dtype(t));
  const double values = static_cast<double>(heads.qkv_width() + heads.value_width());
  return {rows * (2 * state * wide + values * size_of(t) +
                  2 * static_cast<double>(heads.value_heads) * wide),
          rows * 7 * state};
}

}  // namespace hone::kernels
