// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a run knows about itself beside weights and moments.
#pragma once

#include <cstdint>

#include "data/json.h"
#include "train/evaluation_state.h"

namespace hone {

struct RunState {
  int64_t steps = 0;            // finished, skipped ones among them
  int64_t optimizer_steps = 0;  // updates
  int64_t tokens = 0;           // trained on, without padding
  double first_loss = 0;        // of step 1
  double last_loss = 0;
  double seconds = 0;  // of training, in all parts of the run
  // Steps in a row, up to the last one, that were skipped / whose loss was above the watchdog's
  // threshold.
  int64_t skipped_in_row = 0;
  int64_t above_threshold = 0;
  EvaluationState evaluation;
};

// trainer_state.json. Numbers read back exactly; NaN and infinities are the strings that
// metrics.jsonl has for them.
std::string run_state_text(const RunState& state);

// Errors: kModel.
RunState parse_run_state(const JsonValue& json);

}  // namespace hone
