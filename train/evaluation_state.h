// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a run remembers of its evaluations: which model is the best so far, and whether to go on.
#pragma once

#include <cstdint>
#include <optional>

namespace hone {

struct EvaluationState {
  int64_t step = 0;            // after which the last one was made; 0: none yet
  std::optional<double> loss;  // of the last one
  std::optional<double> best;  // the lowest loss so far
  int64_t best_step = 0;       // that had it
  int64_t since_better = 0;    // evaluations since one that was better
};

// Takes the loss of an evaluation after `step` into account. It is better if it is lower than the
// best loss before it by more than `threshold`. Returns whether it is the lowest so far, by however
// little. A loss that is no number is neither.
//                        source: transformers, EarlyStoppingCallback and best_metric of its state
bool take_evaluation(int64_t step, double loss, double threshold, EvaluationState& state);

// Whether `patience` evaluations in a row have not been better. Without a patience never.
bool stops_early(const EvaluationState& state, std::optional<int64_t> patience);

}  // namespace hone
