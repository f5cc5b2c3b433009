// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The fields of config.json that families share, for the files that read and write one family's.
// Readers: kModel naming the key, what was expected and what was found.
#pragma once

#include <functional>
#include <initializer_list>
#include <string_view>

#include "models/config.h"

namespace hone {

inline constexpr IntRange kSizeRange{1, 1 << 20};

// What a family takes a missing key for.
struct ConfigDefaults {
  int64_t vocab_size = 0;  // 0: required, as all sizes here
  int64_t heads = 0;
  int64_t kv_heads = 0;  // 0: as many as heads
  int64_t max_positions = 0;
  const char* norm_eps_key = "rms_norm_eps";
  double norm_eps = 1e-6;
  double initializer_range = 0.02;
  bool tied = false;
  int64_t head_dim = 0;  // 0: hidden_size / num_attention_heads
  const char* activation_key = "hidden_act";
  std::string_view activation = "silu";  // also the only one accepted
};

// model_type, sizes, heads, norm's epsilon, activation, eos_token_id, attention_bias.
void read_common(const JsonValue& json, const ConfigDefaults& defaults, ModelConfig& config);
void write_common(const ModelConfig& config, const ConfigDefaults& defaults, Json& json);

// rope_parameters, or what older files have: rope_theta, rope_scaling and partial_rotary_factor
// beside them. Where both are, what is inside wins. The config's head_dim is known.
RotaryConfig read_rotary(const JsonValue& json, const ModelConfig& config, double default_theta,
                         double default_partial = 1);
// One entry of rope_parameters: rope_type, rope_theta, scaling, partial_rotary_factor over those in
// `rotary`.
void read_rope_parameters(const JsonValue& rope, int64_t head_dim, RotaryConfig& rotary);
Json rope_parameters_json(const RotaryConfig& rotary, int64_t head_dim);

// num_hidden_layers and layer_types, of the types allowed. Without layer_types layer i has type_of(i).
void read_layer_types(const JsonValue& json, std::initializer_list<LayerType> allowed,
                      const std::function<LayerType(int64_t)>& type_of, ModelConfig& config);
Json layer_types_json(const ModelConfig& config);

// Refuses a key whose value would change the result, unless it is absent, null or false.
void refuse_unless_off(const JsonValue& json, std::string_view key, std::string_view why);

// The mixture-of-experts keys: how many experts and a token's share of them.
void read_experts(const JsonValue& json, std::string_view experts_key, std::string_view width_key,
                  double default_aux_coef, ModelConfig& config);
void write_experts(const ModelConfig& config, std::string_view experts_key,
                   std::string_view width_key, Json& json);

}  // namespace hone
