// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How much memory training will take, before anything is loaded.
//
// A whole optimizer step, and an evaluation, run on tensors of a meta device, which have shapes and no bytes: every
// allocation of the real step is made there too, in the same order, and counted. Kernels do
// nothing, so it takes as long as walking the layers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "train/trainer.h"

namespace hone {

// The shape of one row that goes through the model at once. Allocations depend on nothing else.
struct RowShape {
  int64_t tokens = 0;     // with padding
  int64_t documents = 0;  // capacity
  int64_t patches = 0;    // of all images
  int64_t images = 0;
};

// The largest shapes of a run, which decide its memory.
struct RunShapes {
  std::vector<RowShape> training;      // as many as follow each other within a step
  std::optional<RowShape> evaluation;  // of held-out rows; absent: nothing is evaluated
};

struct MemoryPlan {
  int64_t peak_bytes = 0;      // the most that all tensors take at one time
  int64_t resident_bytes = 0;  // between steps: weights, gradients, optimizer state
  int64_t arena_bytes = 0;     // reserved for what a step allocates, from the second one on
  // What holds the memory when it is at its peak, by the labels of MemoryScope: "frozen weights",
  // "frozen weights, 4-bit", "trainable parameters", "gradients", "optimizer state", "batch",
  // "activations" (forward), "activation gradients" (backward), "scratch" (kernels), "evaluation".
  // The sum is peak_bytes; labels without bytes are left out.
  std::map<std::string, int64_t> at_peak;
};

// A step of training `model` on these rows, one after another, and an evaluation. Reads config.json
// and adapter_config.json, no weights. The peak is that of the two, not of loading, which takes
// what the model keeps plus one tensor.
// Errors: as describe_model; kUsage if nothing in the model would train.
MemoryPlan predict_memory(const LoadOptions& model, const TrainerSettings& settings,
                          const RunShapes& shapes);

}  // namespace hone
