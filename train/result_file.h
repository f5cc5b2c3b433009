// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// result.json: what a finished run has achieved and what it took, for programs.
//
//   {"exact_match_before": 0.0, "exact_match_after": 0.95, "rows": 240, "train_seconds": 61.2,
//    "peak_memory_bytes": 41943040, "predicted_memory_bytes": 41820160, "steps": 176,
//    "tokens": 336960, "first_loss": 10.24, "last_loss": 0.0003, "eval_loss": 0.0315}
//
// null: not measured, or not finite.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hone {

struct RunResult {
  // Held-out rows whose answers are right, as a part of `rows`; nothing where it was not measured
  // (do_causal_lm_eval, eval_on_start).
  std::optional<double> exact_match_before = {};
  std::optional<double> exact_match_after = {};  // of the model that the run has written
  int64_t rows = 0;                              // held-out rows that were answered
  double train_seconds = 0;                      // of all steps, without evaluations
  int64_t peak_memory_bytes = 0;                 // of tensors, in this process
  int64_t predicted_memory_bytes = 0;
  int64_t steps = 0;  // of the whole run, like what follows: also those before it was resumed
  int64_t tokens = 0;
  double first_loss = 0;  // mean cross entropy of the step's labels, before its update
  double last_loss = 0;
  std::optional<double> eval_loss = {};  // on held-out rows, of the model that the run has written
};

std::string result_json(const RunResult& result);

}  // namespace hone
