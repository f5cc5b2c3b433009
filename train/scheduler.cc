// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/scheduler.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tensor/check.h"

namespace hone {
namespace {

// The factor on the peak, in [0, 1].
double schedule_factor(const LrPlan& plan, int64_t step) {
  const auto ratio = [](int64_t a, int64_t b) {
    return static_cast<double>(a) / static_cast<double>(std::max<int64_t>(1, b));
  };
  if (plan.schedule == LrSchedule::kConstant) return 1.0;
  if (step < plan.warmup_steps) return ratio(step, plan.warmup_steps);
  const int64_t decay_steps = plan.total_steps - plan.warmup_steps;
  switch (plan.schedule) {
    case LrSchedule::kCosine: {
      const double progress = ratio(step - plan.warmup_steps, decay_steps);
      // Past the end cos would rise again; the run has no such steps, and 0 is the honest value.
      if (progress >= 1.0) return 0.0;
      return std::max(0.0, 0.5 * (1.0 + std::cos(std::numbers::pi * progress)));
    }
    case LrSchedule::kLinear:
      return std::max(0.0, ratio(plan.total_steps - step, decay_steps));
    case LrSchedule::kConstant:
    case LrSchedule::kConstantWithWarmup:
      break;
  }
  return 1.0;
}

}  // namespace

double learning_rate_at(const LrPlan& plan, int64_t step) {
  check(step >= 0 && plan.warmup_steps >= 0 && plan.total_steps >= 0,
        "learning_rate_at: negative step ", step, ", warmup ", plan.warmup_steps, " or total ",
        plan.total_steps);
  return plan.peak * schedule_factor(plan, step);
}

int64_t warmup_steps_from_ratio(double ratio, int64_t total_steps) {
  return static_cast<int64_t>(std::ceil(static_cast<double>(total_steps) * ratio));
}

}  // namespace hone
