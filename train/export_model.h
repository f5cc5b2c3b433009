// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a run leaves behind.
#pragma once

#include <filesystem>

#include "models/load_model.h"

namespace hone {

// Writes output_dir/adapter, in PEFT's layout, for a model trained with LoRA; otherwise
// output_dir/model, a Hugging Face model directory that includes the tokenizer's files and the
// generation and processor settings found in base_dir, byte for byte. base_dir: where the model was
// loaded from, empty for a preset. Returns the folder. Errors: kDisk, kModel, kUsage as save_model.
std::filesystem::path export_model(const LoadedModel& loaded,
                                   const std::filesystem::path& output_dir,
                                   const std::string& base_dir, const std::string& tokenizer_dir);

}  // namespace hone
