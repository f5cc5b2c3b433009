// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/mixtral.h"

#include <nlohmann/json.hpp>

#include "models/config_fields.h"

namespace hone {
namespace {

constexpr ConfigDefaults kDefaults{.max_positions = 131072, .norm_eps = 1e-5};

}  // namespace

void read_mixtral(const JsonValue& json, ModelConfig& config) {
  read_common(json, kDefaults, config);
  config.rotary = read_rotary(json, config, /*default_theta=*/1e6);
  config.sliding_window = json.get_int_or("sliding_window", 0, {0, 1 << 30});
  const LayerType type =
      config.sliding_window > 0 ? LayerType::sliding_attention : LayerType::full_attention;
  read_layer_types(
      json, {type}, [=](int64_t) { return type; }, config);
  read_experts(json, "num_local_experts", "intermediate_size", /*default_aux_coef=*/0.001, config);
  config.moe.stored_split = true;
  config.moe.names = {.block = "block_sparse_moe", .gate = "w1", .up = "w3", .down = "w2"};
  // Random factors on the router's input while training.
  if (json.get_double_or("router_jitter_noise", 0) != 0)
    json.at("router_jitter_noise").reject("0: hone adds no noise to the router's input");
}

void write_mixtral(const ModelConfig& c, Json& j) {
  write_common(c, kDefaults, j);
  j["rope_parameters"] = rope_parameters_json(c.rotary, c.head_dim);
  if (c.sliding_window > 0) j["sliding_window"] = c.sliding_window;
  write_experts(c, "num_local_experts", "intermediate_size", j);
}

}  // namespace hone
