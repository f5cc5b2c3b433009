// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/llama.h"

#include <nlohmann/json.hpp>

#include "models/config_fields.h"

namespace hone {
namespace {

constexpr ConfigDefaults kDefaults{.max_positions = 2048};

}  // namespace

void read_llama(const JsonValue& json, ModelConfig& config) {
  read_common(json, kDefaults, config);
  config.rotary = read_rotary(json, config, /*default_theta=*/10000);
  config.intermediate_size = json.get_int("intermediate_size", kSizeRange);
  config.mlp_bias = json.get_bool_or("mlp_bias", false);
  read_layer_types(
      json, {LayerType::full_attention}, [](int64_t) { return LayerType::full_attention; }, config);
}

void write_llama(const ModelConfig& c, Json& j) {
  write_common(c, kDefaults, j);
  j["rope_parameters"] = rope_parameters_json(c.rotary, c.head_dim);
  j["intermediate_size"] = c.intermediate_size;
  j["mlp_bias"] = c.mlp_bias;
}

}  // namespace hone
