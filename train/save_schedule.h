// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// After which steps a run writes a checkpoint.
#pragma once

#include <cstdint>

#include "train/config.h"

namespace hone {

class SaveSchedule {
 public:
  // save_steps below 1 is a part of total_steps, rounded up as transformers does. saves_per_epoch
  // spreads evenly, the last one at the epoch's end. save_strategy: steps alone means every 500, as
  // there.
  SaveSchedule(const TrainConfig& config, int64_t total_steps, int64_t steps_per_epoch);

  // Whether a checkpoint is due after `step` (counted from 1). The last step has one unless
  // save_strategy is no.
  bool due(int64_t step) const;
  bool ever() const { return strategy_ != SaveStrategy::kNo; }

 private:
  SaveStrategy strategy_;
  bool first_step_;
  int64_t total_steps_, steps_per_epoch_;
  int64_t every_ = 0;      // kSteps
  int64_t per_epoch_ = 1;  // kEpoch
};

}  // namespace hone
