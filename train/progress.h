// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The progress of a run, for the person watching: on a terminal one line that is rewritten in
// place, elsewhere (a file, a pipe) a plain line every logging_steps steps.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace hone {

struct Progress {
  int64_t step = 0;  // finished steps
  int64_t total_steps = 0;
  double loss = 0;
  double learning_rate = 0;
  double grad_norm = 0;
  double tokens_per_second = 0;
  int64_t memory_bytes = 0;  // peak
  double seconds_left = 0;   // negative: not known yet
};

// "step 12/40  loss 3.2110  eta 0:42  lr 1.9e-03  |g| 0.871  1.2k tok/s  412 MiB": the fields in
// order of importance. Those that do not fit into `width` columns are left out from the right; 0
// means any width.
std::string format_progress(const Progress& progress, int64_t width);

// "0:42", "12:05", "3:00:00", "2d 03:00".
std::string format_duration(double seconds);

// "512 B", "1.5 KiB", "412 MiB", "12.3 GiB".
std::string format_bytes(int64_t bytes);

// The time that the remaining steps take at the mean speed so far; negative before the first step.
double estimate_seconds_left(double elapsed_seconds, int64_t steps_done, int64_t steps_left);

// Prints progress to a stream. The stream counts as a terminal when it is one and $TERM is not
// "dumb"; $NO_COLOR (set, not empty) turns the bold print off.
class ProgressPrinter {
 public:
  ProgressPrinter(std::FILE* stream, int64_t logging_steps);
  ~ProgressPrinter();  // as finish()
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

  // Shows the state after a step. Plain lines appear for the first step, the last and every
  // logging_steps-th.
  void update(const Progress& progress);

  // Leaves the live line as it is and goes to the next line, so that other text may follow.
  void finish();

  bool live() const { return live_; }

 private:
  std::FILE* stream_;
  int64_t logging_steps_;
  bool live_;
  bool bold_;
  bool line_open_ = false;
};

}  // namespace hone
