// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/step_schedule.h"

#include <algorithm>
#include <cmath>

#include "tensor/check.h"

namespace hone {

StepSchedule::StepSchedule(const StepInterval& interval, int64_t total_steps,
                           int64_t steps_per_epoch)
    : strategy_(interval.strategy),
      first_step_(interval.first_step),
      total_steps_(total_steps),
      steps_per_epoch_(steps_per_epoch),
      per_epoch_(std::min(interval.per_epoch.value_or(1), steps_per_epoch)) {
  check(steps_per_epoch >= 1, "step schedule: ", steps_per_epoch, " steps an epoch");
  if (interval.per_epoch) strategy_ = StepStrategy::kEpoch;
  if (interval.steps) strategy_ = StepStrategy::kSteps;
  const double steps = interval.steps.value_or(StepInterval::kUsualSteps);
  const double whole = steps < 1 ? std::ceil(steps * static_cast<double>(total_steps)) : steps;
  every_ = static_cast<int64_t>(std::clamp(whole, 1.0, 1e15));
}

bool StepSchedule::due(int64_t step) const {
  if (strategy_ == StepStrategy::kNo) return false;
  if (strategy_ == StepStrategy::kBest) return first_step_ && step == 1;
  if (step == total_steps_ || (first_step_ && step == 1)) return true;
  if (strategy_ == StepStrategy::kSteps) return step % every_ == 0;
  // Equal parts of an epoch, as whole steps: part k ends where steps * parts / steps_per_epoch
  // reaches k.
  const int64_t in_epoch = (step - 1) % steps_per_epoch_;  // before the step
  return (in_epoch + 1) * per_epoch_ / steps_per_epoch_ > in_epoch * per_epoch_ / steps_per_epoch_;
}

}  // namespace hone
