// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/load_model.h"

namespace hone {

// The trainable tensors of all layers that have one place in their layer: one line of the table.
struct TrainablePart {
  std::string name;        // "self_attn.q_proj", without the layer and without lora_A, lora_B
  int64_t modules = 0;     // how many layers have it
  int64_t parameters = 0;  // of all of them
};

// In the order of the model.
std::vector<TrainablePart> trainable_table(const LoadedModel& model);

// Lines of "  self_attn.q_proj  2 x 2,560 = 5,120", and the sum. Without " x ": the modules
// differ in size.
std::string format_trainable_table(const std::vector<TrainablePart>& table);

}  // namespace hone
