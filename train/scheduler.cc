// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/scheduler.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tensor/check.h"

namespace hone {
namespace {

constexpr double kPolynomialEnd = 1e-7;            // a learning rate
constexpr int64_t kInverseSqrtTimescale = 10'000;  // steps

double ratio(int64_t a, int64_t b) {
  return static_cast<double>(a) / static_cast<double>(std::max<int64_t>(1, b));
}

double cosine_factor(const LrPlan& plan, int64_t step) {
  const auto last =
      static_cast<int64_t>(static_cast<double>(plan.total_steps) * plan.constant_ratio);
  const double progress = ratio(std::min(step, last) - plan.warmup_steps, last - plan.warmup_steps);
  if (last < plan.warmup_steps) return plan.min_ratio;
  // Past the end cos would rise again; the run has no such steps, and the minimum is the honest
  // value.
  if (progress >= 1.0) return plan.min_ratio;
  const double wave = std::max(0.0, 0.5 * (1.0 + std::cos(std::numbers::pi * progress)));
  return plan.min_ratio + (1.0 - plan.min_ratio) * wave;
}

// The factor on the peak, in [0, 1].
double schedule_factor(const LrPlan& plan, int64_t step) {
  if (plan.schedule == LrSchedule::kConstant) return 1.0;
  if (step < plan.warmup_steps) {
    const double risen = ratio(step, plan.warmup_steps);
    return plan.quadratic_warmup ? risen * risen : risen;
  }
  const int64_t decay_steps = plan.total_steps - plan.warmup_steps;
  switch (plan.schedule) {
    case LrSchedule::kCosine:
      return cosine_factor(plan, step);
    case LrSchedule::kLinear:
      return std::max(0.0, ratio(plan.total_steps - step, decay_steps));
    case LrSchedule::kPolynomial: {
      const double end = std::min(1.0, kPolynomialEnd / plan.peak);
      const double left = std::max(0.0, 1.0 - ratio(step - plan.warmup_steps, decay_steps));
      return end + (1.0 - end) * left;
    }
    case LrSchedule::kInverseSqrt: {
      const int64_t timescale = plan.warmup_steps > 0 ? plan.warmup_steps : kInverseSqrtTimescale;
      return 1.0 / std::sqrt(ratio(step - plan.warmup_steps + timescale, timescale));
    }
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
