// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Var: a tensor and the place where its gradient goes.
//
// The two are separate on purpose. A backward closure captures GradSlot handles (a few bytes) and
// Saved tensors (autograd/saved.h), never a Var, so an activation lives only as long as something
// saved it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "kernels/core/grad_target.h"
#include "tensor/tensor.h"

namespace hone {

// The gradient of one variable while a backward pass runs.
//
// Invariants: 1. A slot with an arena destination (a parameter) accumulates there and nowhere else.
//             2. A buffer that another tensor shares is never written.
class GradSlot {
 public:
  explicit GradSlot(bool wanted) : wanted_(wanted) {}

  bool wanted() const { return wanted_; }
  // Adds g. The first gradient is adopted; later ones are added in place where g is not shared.
  void add(Tensor g);
  // Where a kernel may put the gradient itself: a tensor of `shape` and the flag that says whether
  // it must add. Undefined if not wanted. The gradient counts as written from here on.
  kernels::GradTarget target(const Shape& shape, DType dtype, Device device);
  // The gradient so far; undefined when none arrived.
  const Tensor& value() const { return value_; }
  // Gives the gradient away and starts anew.
  Tensor take() { return std::exchange(value_, Tensor()); }
  // Forgets the gradient; an arena destination stays and its next write overwrites it.
  void clear();

  // Parameters: gradients go to `arena` (f32, or f64 for f64 data) from now on.
  void bind(Tensor arena);
  bool bound() const { return arena_.defined(); }

 private:
  bool wanted_;
  Tensor value_;
  Tensor arena_;
};

using GradHandle = std::shared_ptr<GradSlot>;

// How to compute a value again from what is saved anyway. Gives the same bits.
class Recipe {
 public:
  explicit Recipe(std::function<Tensor()> make) : make_(std::move(make)) {}

  // Made by the first call. It then lives as long as this recipe, which all ops share that saved the
  // value: until the last of them has run backward.
  const Tensor& value() const {
    if (make_) {
      value_ = make_();
      make_ = nullptr;  // and with it what only this recipe still held
    }
    return value_;
  }

 private:
  mutable std::function<Tensor()> make_;
  mutable Tensor value_;
};

// A value in the computation. Copies share value and slot.
class Var {
 public:
  Var() = default;  // undefined
  explicit Var(Tensor value, bool requires_grad = false)
      : value_(std::move(value)), slot_(std::make_shared<GradSlot>(requires_grad)) {}

  bool defined() const { return value_.defined(); }
  const Tensor& value() const { return value_; }
  const Shape& shape() const { return value_.shape(); }
  int64_t dim(int i) const { return value_.dim(i); }
  DType dtype() const { return value_.dtype(); }
  Device device() const { return value_.device(); }
  bool requires_grad() const { return slot_ && slot_->wanted(); }
  // Undefined Vars have no slot; grad() then returns a slot that wants nothing.
  const GradHandle& grad() const;

  // Cheap ops say how their output is made again, so that what consumes it need not keep it
  // (SavePolicy::recompute). Null for the others.
  const std::shared_ptr<const Recipe>& recipe() const { return recipe_; }
  void set_recipe(std::function<Tensor()> make) {
    recipe_ = std::make_shared<const Recipe>(std::move(make));
  }

  // Shares the value, cuts the gradient.
  Var detach() const { return Var(value_); }
  // Replaces the value, keeps the slot: parameters move into their arena this way.
  void rebind(Tensor value) { value_ = std::move(value); }

 private:
  Tensor value_;
  GradHandle slot_;
  std::shared_ptr<const Recipe> recipe_;
};

}  // namespace hone
