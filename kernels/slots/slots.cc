// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/slots/slots.h"

#include "kernels/core/slots.h"

namespace hone::kernels {
namespace {

// [S, ...] for states [slots, ...].
Shape with_first(Shape shape, int64_t extent) {
  shape.set(0, extent);
  return shape;
}

void check_states(const char* op, const Tensor& states, const Tensor& slots) {
  check(states.rank() >= 1 && states.is_contiguous(), op, ": states ", states.shape(),
        " must be contiguous [slots, ...]");
  check(slots.rank() == 1, op, ": slots ", slots.shape(), " must be [S]");
  check_slots(op, slots, slots.dim(0), states.dim(0));
}

}  // namespace

Tensor gather_slots(const Tensor& states, const Tensor& slots) {
  check_states("gather_slots", states, slots);
  Tensor y =
      Tensor::empty(with_first(states.shape(), slots.dim(0)), states.dtype(), states.device());
  visit_device(states.device(), [&](auto device) { gather_slots(device, states, slots, y); });
  return y;
}

void scatter_slots(const Tensor& x, const Tensor& slots, const Tensor& states) {
  check_states("scatter_slots", states, slots);
  check(x.shape() == with_first(states.shape(), slots.dim(0)) && x.dtype() == states.dtype() &&
            x.is_contiguous(),
        "scatter_slots: ", x.shape(), " ", name_of(x.dtype()), " does not fit ", slots.dim(0),
        " slots of ", states.shape(), " ", name_of(states.dtype()));
  visit_device(states.device(), [&](auto device) { scatter_slots(device, x, slots, states); });
}

Cost slots_cost(int64_t s, int64_t n, DType t) {
  return {2.0 * static_cast<double>(s) * static_cast<double>(n) * size_of(t), 0};
}

}  // namespace hone::kernels
