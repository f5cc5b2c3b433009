// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/gemma3.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/config_fields.h"

namespace hone {
namespace {

// Those of the published vision-language models, whose text_config leaves most keys out.
constexpr ConfigDefaults kDefaults{.vocab_size = 262208,
                                   .heads = 8,
                                   .kv_heads = 4,
                                   .max_positions = 131072,
                                   .tied = true,
                                   .head_dim = 256,
                                   .activation_key = "hidden_activation",
                                   .activation = "gelu_pytorch_tanh"};
constexpr double kGlobalTheta = 1e6, kLocalTheta = 1e4;

// Newer files have rope_parameters for each layer type; in older ones rope_theta and rope_scaling are
// those of full attention, and rope_local_base_freq that of sliding attention.
void read_rotaries(const JsonValue& json, ModelConfig& config) {
  RotaryConfig full{.theta = json.get_double_or("rope_theta", kGlobalTheta),
                    .dims = config.head_dim};
  RotaryConfig sliding{.theta = json.get_double_or("rope_local_base_freq", kLocalTheta),
                       .dims = config.head_dim};
  if (const auto older = json.find("rope_scaling"))
    read_rope_parameters(*older, config.head_dim, full);
  if (const auto rope = json.find("rope_parameters")) {
    if (const auto f = rope->find("full_attention"))
      read_rope_parameters(*f, config.head_dim, full);
    if (const auto s = rope->find("sliding_attention"))
      read_rope_parameters(*s, config.head_dim, sliding);
  }
  for (const RotaryConfig& rotary : {full, sliding})
    if (rotary.dims == 0 || rotary.dims % 2 != 0 || !(rotary.theta > 0))
      json.reject("positive rope bases that rotate an even number of each head's " +
                  std::to_string(config.head_dim) + " dimensions");
  config.rotary = full;
  config.sliding_rotary = sliding;
}

}  // namespace

void read_gemma3_text(const JsonValue& json, ModelConfig& config) {
  read_common(json, kDefaults, config);
  config.embedding_scale = std::sqrt(static_cast<double>(config.hidden_size));
  config.norm = nn::NormKind::rms_zero_centred;
  config.sandwich_norms = true;
  config.qk_norm = nn::QkNorm::per_head;
  config.mlp = nn::MlpKind::geglu;
  config.intermediate_size = json.get_int("intermediate_size", kSizeRange);
  const double scalar = json.get_double_or("query_pre_attn_scalar", 256);
  if (!(scalar > 0)) json.at("query_pre_attn_scalar").reject("a positive number");
  config.attention_scale = 1 / std::sqrt(scalar);
  config.sliding_window = json.get_int_or("sliding_window", 4096, {1, 1 << 30});
  for (const char* key : {"attn_logit_softcapping", "final_logit_softcapping"})
    refuse_unless_off(json, key, "hone has no soft caps, which no published Gemma 3 uses");
  refuse_unless_off(json, "use_bidirectional_attention", "hone's attention is causal");
  read_rotaries(json, config);
  const int64_t pattern =
      json.get_int_or("sliding_window_pattern",
                      json.get_int_or("_sliding_window_pattern", 6, {1, 4096}), {1, 4096});
  read_layer_types(
      json, {LayerType::full_attention, LayerType::sliding_attention},
      [=](int64_t i) {
        return (i + 1) % pattern == 0 ? LayerType::full_attention : LayerType::sliding_attention;
      },
      config);
}

void write_gemma3_text(const ModelConfig& c, Json& j) {
  write_common(c, kDefaults, j);
  j["intermediate_size"] = c.intermediate_size;
  j["query_pre_attn_scalar"] = 1 / (c.attention_scale * c.attention_scale);
  j["sliding_window"] = c.sliding_window;
  j["layer_types"] = layer_types_json(c);
  j["rope_parameters"]["full_attention"] = rope_parameters_json(c.rotary, c.head_dim);
  j["rope_parameters"]["sliding_attention"] =
      rope_parameters_json(c.sliding_rotary.value_or(c.rotary), c.head_dim);
}

void read_gemma3_vl(const JsonValue& json, ModelConfig& config) {
  read_gemma3_text(json.at("text_config"), config);
  config.tie_word_embeddings = json.get_bool_or("tie_word_embeddings", config.tie_word_embeddings);
  config.name_infix = "language_model.";
}

}  // namespace hone
