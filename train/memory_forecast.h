// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Whether a run fits into memory, before anything is loaded, and what would make it fit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/sampler.h"
#include "models/config.h"
#include "train/config.h"
#include "train/memory_plan.h"

namespace hone {

// The largest micro batches of a run's first `total_steps` steps, as many as follow each other
// within a step, at most two.
std::vector<RowShape> largest_rows(Sampler sampler, int64_t total_steps);

// The largest shapes of a run, with those of evaluating `validation` if that happens.
RunShapes run_shapes(const TrainConfig& config, const Sampler& sampler, int64_t total_steps,
                     const Dataset& validation);

struct MemoryForecast {
  MemoryPlan plan;
  int64_t limit_bytes = 0;    // 0: unknown, nothing is compared
  bool limit_is_key = false;  // the key memory_limit, not what the device has left
  Device device = kCpu;

  // "memory_limit is 2.0 GiB", "the machine has 21.3 GiB left", "the GPU has 138.6 GiB left".
  std::string limit_text() const;
  bool fits() const { return limit_bytes == 0 || plan.peak_bytes <= limit_bytes; }
};

// available_bytes: what the device has left, which limits runs without memory_limit; 0: unknown.
// Errors: those of predict_memory.
MemoryForecast forecast_memory(const TrainConfig& config, const ModelConfig& model,
                               const RunShapes& shapes, int64_t available_bytes);

// What holds the memory at the peak, largest first: lines of "  activations   1.9 GiB". At most
// `most` lines; a last one adds up the others.
std::string memory_table(const MemoryPlan& plan, size_t most = 8);

// Up to three changes of the configuration that save most, each with the peak predicted for it:
// lines of "  gradient_checkpointing: true   1.4 GiB, saves 1.8 GiB". "" when nothing helps.
std::string memory_edits(const TrainConfig& config, const ModelConfig& model,
                         const RunShapes& shapes, int64_t peak_bytes);

// Throws Error(kOutOfMemory) with table and edits if the run does not fit.
void require_memory(const MemoryForecast& forecast, const TrainConfig& config,
                    const ModelConfig& model, const RunShapes& shapes);

}  // namespace hone
