// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/save_schedule.h"

#include <algorithm>
#include <cmath>

#include "tensor/check.h"

namespace hone {

SaveSchedule::SaveSchedule(const TrainConfig& config, int64_t total_steps, int64_t steps_per_epoch)
    : strategy_(config.save_strategy),
      first_step_(config.save_first_step),
      total_steps_(total_steps),
      steps_per_epoch_(steps_per_epoch),
      per_epoch_(config.saves_per_epoch.value_or(1)) {
  constexpr double kUsual = 500;
  check(steps_per_epoch >= 1, "save schedule: ", steps_per_epoch, " steps an epoch");
  if (config.saves_per_epoch) strategy_ = SaveStrategy::kEpoch;
  if (config.save_steps) strategy_ = SaveStrategy::kSteps;
  const double steps = config.save_steps.value_or(kUsual);
  const double whole = steps < 1 ? std::ceil(steps * static_cast<double>(total_steps)) : steps;
  every_ = static_cast<int64_t>(std::clamp(whole, 1.0, 1e15));
}

bool SaveSchedule::due(int64_t step) const {
  if (strategy_ == SaveStrategy::kNo) return false;
  if (step == total_steps_ || (first_step_ && step == 1)) return true;
  if (strategy_ == SaveStrategy::kSteps) return step % every_ == 0;
  // Equal parts of an epoch, as whole steps: part k ends where steps * parts / steps_per_epoch
  // reaches k.
  const int64_t parts = std::min(per_epoch_, steps_per_epoch_);
  const int64_t in_epoch = (step - 1) % steps_per_epoch_;  // before the step
  return (in_epoch + 1) * parts / steps_per_epoch_ > in_epoch * parts / steps_per_epoch_;
}

}  // namespace hone
