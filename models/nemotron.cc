// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/nemotron.h"

#include <nlohmann/json.hpp>

#include "models/config_fields.h"

namespace hone {
namespace {

constexpr ConfigDefaults kDefaults{.max_positions = 4096,
                                   .norm_eps_key = "norm_eps",
                                   .norm_eps = 1e-5,
                                   .initializer_range = 0.0134,
                                   .activation = "relu2"};

}  // namespace

void read_nemotron(const JsonValue& json, ModelConfig& config) {
  read_common(json, kDefaults, config);
  config.norm = nn::NormKind::layer_zero_centred;
  config.mlp = nn::MlpKind::squared_relu;
  config.mlp_bias = json.get_bool_or("mlp_bias", false);
  config.rotary = read_rotary(json, config, /*default_theta=*/10000, /*default_partial=*/0.5);
  config.intermediate_size = json.get_int("intermediate_size", kSizeRange);
  read_layer_types(
      json, {LayerType::full_attention}, [](int64_t) { return LayerType::full_attention; }, config);
}

void write_nemotron(const ModelConfig& c, Json& j) {
  write_common(c, kDefaults, j);
  j["rope_parameters"] = rope_parameters_json(c.rotary, c.head_dim);
  j["rope_parameters"]["partial_rotary_factor"] =
      static_cast<double>(c.rotary.dims) / static_cast<double>(c.head_dim);
  j["intermediate_size"] = c.intermediate_size;
  j["mlp_bias"] = c.mlp_bias;
}

}  // namespace hone
