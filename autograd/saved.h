// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the backward pass keeps of the forward pass.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "autograd/var.h"

namespace hone {

enum class SavePolicy {
  keep,       // hold the tensor until backward
  recompute,  // hold the recipe of the op that made it, shared by all that save its output; ops
              // without a recipe keep
  offload,    // hold a copy in host memory; on the CPU the tensor is there already
};

// The policy of each saved tensor by its name ("swiglu.h", "rms_norm.y", ...). Names that are not
// listed are kept.
using SavePlan = std::map<std::string, SavePolicy>;

// A tensor kept for backward under the current plan. Cheap to copy; get() may be called more than
// once.
class Saved {
 public:
  Saved() = default;
  // name: op and tensor, as in a SavePlan. recipe: may be null.
  Saved(std::string name, Tensor value, std::shared_ptr<const Recipe> recipe = nullptr);
  Saved(std::string name, const Var& x) : Saved(std::move(name), x.value(), x.recipe()) {}

  const std::string& name() const { return name_; }
  bool defined() const { return value_.defined() || recipe_ != nullptr; }
  // Bytes held until backward: 0 under recompute.
  int64_t bytes() const { return value_.defined() ? value_.nbytes() : 0; }
  Tensor get() const { return recipe_ ? recipe_->value() : value_; }

 private:
  std::string name_;
  Tensor value_;                          // keep, offload
  std::shared_ptr<const Recipe> recipe_;  // recompute
};

// The plan in force on this thread.
const SavePlan& save_plan();
class SavePlanScope {
 public:
  explicit SavePlanScope(const SavePlan& plan);
  ~SavePlanScope();
  SavePlanScope(const SavePlanScope&) = delete;
  SavePlanScope& operator=(const SavePlanScope&) = delete;

 private:
  const SavePlan* previous_;
};

}  // namespace hone
