// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a run changed of the files in its tokenizer's folder. Its result carries that, so that
// whoever uses it asks as it was trained and stops where it was taught to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/tokenizer.h"
#include "train/config.h"
#include "train/training_data.h"

namespace hone {

struct TextSettings {
  std::string chat_template;                          // a text; empty: the folder's own
  std::map<std::string, std::string> special_tokens;  // "eos_token" -> text
  std::vector<std::string> additional_special_tokens;
  std::vector<int64_t> stop_tokens;  // end an answer; the model may have them already

  // Whether the files of a model that stops at `present` are right as they are.
  bool changes_nothing(const std::vector<int64_t>& present) const;
};

// What differs from the files of the tokenizer's folder: the template if conversations were written
// with another one, and special tokens. The template is the one that all datasets have; where they
// have several, the run's chat_template. The token that ends its answers is a stop token, also where
// the template is the folder's own: models that are not finetuned yet often stop at another one.
// Errors: as load_chat_template.
TextSettings text_settings(const TrainConfig& config, const Tokenizer& tokenizer,
                           const TrainingData& data);

// The tokenizer's files from `tokenizer_dir`, byte for byte but for what `settings` change:
//   chat_template.jinja    the template; "chat_template" of tokenizer_config.json goes
//   tokenizer_config.json  special tokens, also in special_tokens_map.json if there is one
// Such files that `tokenizer_dir` does not have are removed from `to`. Errors: kModel for files that are no JSON objects; kDisk.
void write_tokenizer_files(const std::filesystem::path& to,
                           const std::filesystem::path& tokenizer_dir,
                           const TextSettings& settings);

// generation_config.json of `base_dir` (which may be empty, or have none), with the stop tokens
// besides `present`, which the model has; byte for byte if it has them all.
// Errors: as above.
void write_generation_config(const std::filesystem::path& to, const std::filesystem::path& base_dir,
                             const TextSettings& settings, const std::vector<int64_t>& present);

// Removes what the two have written. Errors: kDisk.
void remove_text_files(const std::filesystem::path& from);

}  // namespace hone
