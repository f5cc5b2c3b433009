// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace hone {

// Stops a run that has left the rails: loss_watchdog_threshold, loss_watchdog_patience.
struct LossWatchdog {
  std::optional<double> threshold;  // not given: nothing is watched
  int64_t patience = 3;             // steps

  // Looks at the loss of a step; `above` counts the steps in a row above the threshold, and is
  // kept with the run's state. A loss that is NaN is above any threshold.
  // Errors: kNonFinite, naming the step, when there were `patience` of them.
  void observe(int64_t step, double loss, int64_t& above) const;
};

}  // namespace hone
