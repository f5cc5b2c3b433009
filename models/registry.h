// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The one place that knows which architectures exist.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "models/config.h"

namespace hone {

// A family: the architecture names it answers to, and how to read and write its config.
struct ModelFamily {
  std::string_view architecture;  // config.json's architectures[0]
  std::string_view model_type;    // config.json's model_type, for configs without architectures
  void (*read_config)(const JsonValue& json, ModelConfig& config);
  // The keys after "dtype" of a config that read_config reads back; null where the text is a part of
  // a larger model.
  void (*write_config)(const ModelConfig& config, Json& json);
  // Its classes with a head of labels; empty where transformers has none.
  std::string_view sequence_class = "";
  std::string_view token_class = "";
};

std::span<const ModelFamily> model_families();

// Transformers' class of a model with this head: config.json's architectures[0].
// Errors: kUsage where transformers has none.
std::string class_name(const ModelConfig& config);
// What config.json says of the head: architectures, the names of labels, pad_token_id. Other keys
// stay as they are.
void write_head(const ModelConfig& config, Json& json);

}  // namespace hone
