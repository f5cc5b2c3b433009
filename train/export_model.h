// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a run leaves behind.
#pragma once

#include <filesystem>
#include <string>

#include "models/load_model.h"
#include "train/text_settings.h"

namespace hone {

// Where a result's other files come from.
struct ExportSource {
  std::string base_dir = {};  // where the model was loaded from; empty for a preset
  std::string tokenizer_dir = {};
  TextSettings text = {};  // what the run changed of them
};

// Writes output_dir/adapter, in PEFT's layout, for a model trained with LoRA; otherwise
// output_dir/model, a Hugging Face model directory. That includes the tokenizer's files and the
// generation and processor settings, byte for byte but for what the run changed and for the token
// that ends an answer, which is a stop token; an adapter has tokenizer and generation settings if
// something differs from its base model's, and none otherwise: those of the base model are right. Returns the folder. Errors: kDisk, kModel, kUsage as save_model.
std::filesystem::path export_model(const LoadedModel& loaded,
                                   const std::filesystem::path& output_dir,
                                   const ExportSource& source);

// The files beside the weights of a model directory: tokenizer, generation and processor settings.
// stop_tokens: those that the model has. Errors: kDisk, kModel.
void write_companions(const std::filesystem::path& to, const ExportSource& source,
                      const std::vector<int64_t>& stop_tokens);

}  // namespace hone
