// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// metrics.jsonl: one JSON object per optimizer step, in this order of fields:
//
//   {"step":1,"loss":4.21,"lr":0.002,"grad_norm":1.5,"tokens":2048,
//    "tokens_per_second":1234.5,"memory_bytes":104857600}
//
// "skipped":true follows in a step whose loss or gradient was not finite and which changed nothing.
// An evaluation has a line of its own, behind that of the step after which it was made:
//
//   {"step":40,"eval_loss":1.25,"eval_perplexity":3.49,"eval_labels":812,"eval_tokens":4096,
//    "eval_seconds":0.8}
//
// and where answers are compared, "eval_exact_match":0.95,"eval_answers":240 at its end. Step 0 is
// before training.
//
// A number is written with the fewest digits that read back as the same double. JSON has no words
// for numbers that are not finite; they are the strings "NaN", "Infinity" and "-Infinity".
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "data/file.h"

namespace hone {

struct StepMetrics {
  int64_t step = 0;              // counted from 1
  double loss = 0;               // mean over the step's labels, before the update
  double lr = 0;                 // used in this step
  double grad_norm = 0;          // before clipping
  int64_t tokens = 0;            // processed in this step
  double tokens_per_second = 0;  // of this step
  int64_t memory_bytes = 0;      // peak so far
  bool skipped = false;          // the step changed nothing: written as "skipped":true
};

struct EvalMetrics {
  int64_t step = 0;       // after which it was made
  double loss = 0;        // mean over the labels of the held-out rows
  double perplexity = 0;  // e^loss
  int64_t labels = 0;
  int64_t tokens = 0;
  double seconds = 0;
  std::optional<double> exact_match = {};  // of the answers to held-out prompts
  int64_t answers = 0;                     // that were compared
};

// The object, without a line end.
std::string metrics_json(const StepMetrics& metrics);
std::string metrics_json(const EvalMetrics& metrics);

// Writes metrics.jsonl. Every line has reached the kernel when write() returns, so a reader sees
// whole steps and a killed run loses none.
class MetricsWriter {
 public:
  enum class Begin { kEmpty, kAppend };

  // Creates the file; one that exists is emptied or goes on.
  // Errors: kDisk.
  explicit MetricsWriter(const std::filesystem::path& path, Begin begin = Begin::kEmpty);

  // Appends one line.
  // Errors: kDisk, for a full disk above all.
  void write(const StepMetrics& metrics) { append(metrics_json(metrics)); }
  void write_evaluation(const EvalMetrics& metrics) { append(metrics_json(metrics)); }

  // Makes all lines durable. Errors: kDisk.
  void sync();

 private:
  void append(const std::string& json);

  std::filesystem::path path_;
  FileDescriptor file_;
};

// Copies the lines of steps up to `step` from one metrics.jsonl to another, or the same, which
// appears in one step: a run that continues there writes no step twice. A line that is no JSON
// object with a step (a killed run may leave half a line) ends the copy. Without `from` nothing
// happens. Returns the last step that was copied; 0 without one. Errors: kDisk.
int64_t cut_metrics(const std::filesystem::path& from, const std::filesystem::path& to,
                    int64_t step);

}  // namespace hone
