// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A fully finetuned model as a Hugging Face model directory.
#pragma once

#include <string>

#include "models/load_model.h"

namespace hone {

// Writes config.json and the weights, in the model's dtype and under the names of the checkpoint
// that it came from.
//
//   base_dir  the directory that the model was loaded from: its config.json is copied byte for
//             byte, and so are the tensors of parts that the text model leaves out (vision tower,
//             multi-token prediction). Empty for a preset, which gets a config.json of its own.
//
// A head tied to the embedding is left out; experts are written fused or one by one, as the base has
// them, without one as the family publishes them. Memory: one tensor.
// Requires: no LoRA, nothing quantised. Errors: kDisk; kUsage and kModel as ModelWriter,
// ModelFiles.
void save_model(const std::string& dir, const LoadedModel& loaded, const std::string& base_dir);

}  // namespace hone
