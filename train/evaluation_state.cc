// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/evaluation_state.h"

#include <cmath>

namespace hone {

bool take_evaluation(int64_t step, double loss, double threshold, EvaluationState& state) {
  const bool number = !std::isnan(loss);
  const bool better = number && (!state.best || loss < *state.best - threshold);
  const bool lowest = number && (!state.best || loss < *state.best);
  state.step = step;
  state.loss = loss;
  state.since_better = better ? 0 : state.since_better + 1;
  if (!lowest) return false;
  state.best = loss;
  state.best_step = step;
  return true;
}

bool stops_early(const EvaluationState& state, std::optional<int64_t> patience) {
  return patience && state.since_better >= *patience;
}

}  // namespace hone
