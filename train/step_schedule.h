// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// After which steps something is due: checkpoints, evaluations.
#pragma once

#include <cstdint>
#include <optional>

namespace hone {

enum class StepStrategy {
  kEpoch,
  kSteps,
  kNo,
  kBest,  // checkpoints only: after an evaluation that is the best so far, whatever the step
};

// What a user says: <what>_strategy, <what>_steps and <what>s_per_epoch. At most one of the last
// two, and they decide what the strategy is.
struct StepInterval {
  StepStrategy strategy = StepStrategy::kEpoch;
  // Below 1: a part of all steps, rounded up as transformers does.
  std::optional<double> steps = {};
  // Spread evenly, the last one at the epoch's end.
  std::optional<int64_t> per_epoch = {};
  bool first_step = false;  // after the first step too

  // kSteps without a number means as many as in transformers.
  static constexpr double kUsualSteps = 500;
};

class StepSchedule {
 public:
  StepSchedule(const StepInterval& interval, int64_t total_steps, int64_t steps_per_epoch);

  // Whether it is due after `step` (counted from 1). After the last step it is, unless the strategy
  // is kNo or kBest.
  bool due(int64_t step) const;
  bool ever() const { return strategy_ != StepStrategy::kNo && strategy_ != StepStrategy::kBest; }

 private:
  StepStrategy strategy_;
  bool first_step_;
  int64_t total_steps_, steps_per_epoch_;
  int64_t every_;      // kSteps
  int64_t per_epoch_;  // kEpoch
};

}  // namespace hone
