// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/olmoe.h"

#include <nlohmann/json.hpp>

#include "models/config_fields.h"

namespace hone {
namespace {

constexpr ConfigDefaults kDefaults{.max_positions = 4096, .norm_eps = 1e-5};

}  // namespace

void read_olmoe(const JsonValue& json, ModelConfig& config) {
  read_common(json, kDefaults, config);
  config.qk_norm = nn::QkNorm::projection;
  config.rotary = read_rotary(json, config, /*default_theta=*/10000);
  refuse_unless_off(json, "clip_qkv", "hone does not clip queries, keys and values");
  read_layer_types(
      json, {LayerType::full_attention}, [](int64_t) { return LayerType::full_attention; }, config);
  read_experts(json, "num_experts", "intermediate_size", /*default_aux_coef=*/0.01, config);
  config.moe.renormalise = json.get_bool_or("norm_topk_prob", false);
  config.moe.stored_split = true;
}

void write_olmoe(const ModelConfig& c, Json& j) {
  write_common(c, kDefaults, j);
  j["rope_parameters"] = rope_parameters_json(c.rotary, c.head_dim);
  write_experts(c, "num_experts", "intermediate_size", j);
  j["norm_topk_prob"] = c.moe.renormalise;
}

}  // namespace hone
