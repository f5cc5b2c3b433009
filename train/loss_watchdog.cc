// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/loss_watchdog.h"

#include "tensor/check.h"

namespace hone {

void LossWatchdog::observe(int64_t step, double loss, int64_t& above) const {
  if (!threshold) return;
  above = loss <= *threshold ? 0 : above + 1;
  if (above >= patience)
    fail(ErrorCode::kNonFinite, "step ", step, ": the loss is ", loss, ", above ", *threshold,
         " (loss_watchdog_threshold) in ", above,
         " steps in a row; try a smaller learning_rate, or a higher threshold");
}

}  // namespace hone
