// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/saved.h"

#include <utility>

namespace hone {
namespace {

thread_local const SavePlan* current_plan = nullptr;

}  // namespace

const SavePlan& save_plan() {
  static const SavePlan keep_all;
  return current_plan ? *current_plan : keep_all;
}

SavePlanScope::SavePlanScope(const SavePlan& plan) : previous_(current_plan) {
  current_plan = &plan;
}
SavePlanScope::~SavePlanScope() { current_plan = previous_; }

Saved::Saved(std::string name, Tensor value, std::shared_ptr<const Recipe> recipe)
    : name_(std::move(name)) {
  const auto found = save_plan().find(name_);
  const SavePolicy policy = found == save_plan().end() ? SavePolicy::keep : found->second;
  if (policy == SavePolicy::recompute && recipe)
    recipe_ = std::move(recipe);
  else
    value_ = std::move(value);
}

}  // namespace hone
