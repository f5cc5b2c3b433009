// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/qwen3_5.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "models/config_fields.h"

namespace hone {
namespace {

constexpr ConfigDefaults kDefaults{.max_positions = 32768, .head_dim = 256};

// The pairs of each axis that image positions turn.
void read_mrope_section(const JsonValue& json, ModelConfig& config) {
  std::vector<int64_t>& lengths = config.rotary.mrope_section;
  lengths = {11, 11, 10};
  const auto rope = json.find("rope_parameters");
  const auto section = rope ? rope->find("mrope_section") : std::nullopt;
  if (!section) return;
  if (section->size() != 3) section->reject("three lengths (time, height, width)");
  lengths.clear();
  for (const JsonValue& e : section->elements()) lengths.push_back(e.as_int({0, 1 << 16}));
}

void read_delta_net(const JsonValue& json, ModelConfig& config) {
  DeltaNetConfig& d = config.delta_net;
  d.conv_kernel = json.get_int_or("linear_conv_kernel_dim", 4, {1, 8});
  d.key_dim = json.get_int_or("linear_key_head_dim", 128, {1, 1024});
  d.value_dim = json.get_int_or("linear_value_head_dim", 128, {1, 1024});
  d.key_heads = json.get_int_or("linear_num_key_heads", 16, kSizeRange);
  d.value_heads = json.get_int_or("linear_num_value_heads", 32, kSizeRange);
  if (d.value_heads % d.key_heads != 0)
    json.at("linear_num_value_heads")
        .reject("a multiple of linear_num_key_heads = " + std::to_string(d.key_heads));
}

}  // namespace

void set_qwen3_5_blocks(ModelConfig& config) {
  config.norm = nn::NormKind::rms_zero_centred;
  config.qk_norm = nn::QkNorm::per_head;
  config.attention_gate = true;
}

void read_qwen3_5_text(const JsonValue& json, ModelConfig& config) {
  read_common(json, kDefaults, config);
  set_qwen3_5_blocks(config);
  config.rotary = read_rotary(json, config, /*default_theta=*/1e7, /*default_partial=*/0.25);
  read_mrope_section(json, config);
  const int64_t interval = json.get_int_or("full_attention_interval", 4, {1, 4096});
  read_layer_types(
      json, {LayerType::linear_attention, LayerType::full_attention},
      [=](int64_t i) {
        return (i + 1) % interval == 0 ? LayerType::full_attention : LayerType::linear_attention;
      },
      config);
  read_delta_net(json, config);
  if (config.model_type.find("moe") != std::string::npos) {
    read_experts(json, "num_experts", "moe_intermediate_size", 0.001, config);
    config.moe.shared_width = json.get_int("shared_expert_intermediate_size", kSizeRange);
  } else {
    config.intermediate_size = json.get_int("intermediate_size", kSizeRange);
  }
}

void write_qwen3_5_text(const ModelConfig& c, Json& j) {
  write_common(c, kDefaults, j);
  j["rope_parameters"] = rope_parameters_json(c.rotary, c.head_dim);
  j["rope_parameters"]["partial_rotary_factor"] =
      static_cast<double>(c.rotary.dims) / static_cast<double>(c.head_dim);
  j["rope_parameters"]["mrope_section"] = c.rotary.mrope_section;
  j["rope_parameters"]["mrope_interleaved"] = true;
  j["linear_conv_kernel_dim"] = c.delta_net.conv_kernel;
  j["linear_key_head_dim"] = c.delta_net.key_dim;
  j["linear_value_head_dim"] = c.delta_net.value_dim;
  j["linear_num_key_heads"] = c.delta_net.key_heads;
  j["linear_num_value_heads"] = c.delta_net.value_heads;
  j["layer_types"] = layer_types_json(c);
  if (c.is_moe()) {
    write_experts(c, "num_experts", "moe_intermediate_size", j);
    j["shared_expert_intermediate_size"] = c.moe.shared_width;
  } else {
    j["intermediate_size"] = c.intermediate_size;
  }
}

void read_qwen3_5_vl(const JsonValue& json, ModelConfig& config) {
  read_qwen3_5_text(json.at("text_config"), config);
  config.tie_word_embeddings = json.get_bool_or("tie_word_embeddings", config.tie_word_embeddings);
  config.name_infix = "language_model.";
  if (json.find("vision_config")) config.vision = read_qwen3_5_vision(json, config.hidden_size);
}

}  // namespace hone
