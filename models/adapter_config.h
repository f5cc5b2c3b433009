// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// LoraConfig, and adapter_config.json, the file in which PEFT keeps it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "data/json.h"

namespace hone {

// What each field means to a model: models/lora_config.h.
struct LoraConfig {
  int64_t r = 8;
  double alpha = 8;
  double dropout = 0;
  bool rslora = false;  // scale = alpha / sqrt(r) instead of alpha / r
  bool dora = false;    // rows of W + scale * B A have lengths of their own
  std::vector<std::string> target_modules = {};
  std::string target_modules_regex = {};  // instead of the list
  bool all_linear = false;                // "all-linear"
  std::vector<std::string> target_parameters = {};
  std::vector<std::string> exclude_modules = {};
  std::string exclude_modules_regex = {};  // instead of the list
  // Which layers a list of target_modules is for; empty: all.
  std::vector<int64_t> layers_to_transform = {};
  std::vector<std::string> layers_pattern = {};   // what stands before a layer's number: "layers"
  std::vector<std::string> modules_to_save = {};  // trained as a whole
  bool ensure_weight_tying = false;  // a saved embedding and the head that is tied to it stay one
  std::vector<std::pair<std::string, int64_t>> rank_pattern = {};
  std::vector<std::pair<std::string, double>> alpha_pattern = {};
  std::string task_type = "CAUSAL_LM";  // SEQ_CLS, TOKEN_CLS: with a head of labels
  std::string base_model = {};          // base_model_name_or_path
  std::string peft_version = {};        // as read; empty if absent
};

// Errors: kModel for a file that is malformed or asks for what is not supported (biases, LoftQ, ...),
// naming the key.
LoraConfig load_lora_config(const std::string& adapter_dir);
// The same from the file's content. Errors: the source's code.
LoraConfig parse_lora_config(const JsonValue& json);

// The text of an adapter_config.json, as current PEFT writes it.
std::string adapter_config_json(const LoraConfig& config);

}  // namespace hone
