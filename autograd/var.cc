// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/var.h"

#include "kernels/elementwise/elementwise.h"

namespace hone {

void GradSlot::add(Tensor g) {
  if (!wanted_ || !g.defined()) return;
  if (arena_.defined()) {
    const kernels::GradTarget to = target(g.shape(), arena_.dtype(), g.device());
    kernels::cast_into(g, to.tensor, to.accumulate);
  } else if (!value_.defined()) {
    value_ = std::move(g);
  } else {
    check(g.shape() == value_.shape(), "gradient: ", g.shape(), " added to ", value_.shape());
    if (value_.unique())
      kernels::cast_into(g, value_, true);
    else
      value_ = kernels::add(value_, g);
  }
}

kernels::GradTarget GradSlot::target(const Shape& shape, DType dtype, Device device) {
  if (!wanted_) return {};
  const bool written = value_.defined();
  if (arena_.defined()) {
    check(shape.numel() == arena_.numel() && dtype == arena_.dtype(), "gradient: ", shape, " ",
          name_of(dtype), " does not fit its arena slot ", arena_.shape(), " ",
          name_of(arena_.dtype()));
    value_ = arena_.view(shape);
  } else if (!written) {
    value_ = Tensor::empty(shape, dtype, device);
  } else {
    check(shape == value_.shape(), "gradient: ", shape, " asked of ", value_.shape());
    if (!value_.unique() || value_.dtype() != dtype) {  // never write through a shared buffer
      Tensor own = Tensor::empty(shape, dtype, device);
      kernels::cast_into(value_, own, false);
      value_ = own;
    }
  }
  return {value_, written};
}

void GradSlot::clear() { value_ = Tensor(); }

void GradSlot::bind(Tensor arena) {
  check(arena.is_contiguous(), "gradient: arena slot must be contiguous");
  check(!value_.defined(), "gradient: bind after a gradient arrived");
  arena_ = std::move(arena);
}

const GradHandle& Var::grad() const {
  static const GradHandle nothing = std::make_shared<GradSlot>(false);
  return slot_ ? slot_ : nothing;
}

}  // namespace hone
