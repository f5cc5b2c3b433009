// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/qwen3_5.h"

#include <optional>

namespace hone {
namespace {

constexpr IntRange kSize{1, 1 << 20};

// Published checkpoints keep these in rope_parameters, some third-party ones beside it; the former
// wins.
void read_rotary(const JsonValue& json, ModelConfig& config) {
  const std::optional<JsonValue> rope = json.find("rope_parameters");
  config.rotary.theta = json.get_double_or("rope_theta", 10000000.0);
  double partial = json.get_double_or("partial_rotary_factor", 0.25);
  config.rotary.mrope_section = {11, 11, 10};
  if (rope) {
    const std::string type = rope->get_string_or("rope_type", "default");
    if (type != "default") rope->at("rope_type").reject("\"default\"");
    config.rotary.theta = rope->get_double_or("rope_theta", config.rotary.theta);
    partial = rope->get_double_or("partial_rotary_factor", partial);
    if (const auto section = rope->find("mrope_section")) {
      if (section->size() != 3) section->reject("three lengths (time, height, width)");
      config.rotary.mrope_section.clear();
      for (const JsonValue& e : section->elements())
        config.rotary.mrope_section.push_back(e.as_int({0, 1 << 16}));
    }
    if (!(config.rotary.theta > 0)) rope->reject("a positive rope_theta");
  }
  config.rotary.dims = static_cast<int64_t>(static_cast<double>(config.head_dim) * partial);
  if (!(partial > 0 && partial <= 1) || config.rotary.dims % 2 != 0 || config.rotary.dims == 0)
    (rope ? *rope : json)
        .reject(
            "a partial_rotary_factor in (0, 1] that rotates an even number of "
            "the head's " +
            std::to_string(config.head_dim) + " dimensions");
}

void read_layer_types(const JsonValue& json, ModelConfig& config) {
  const int64_t layers = json.get_int("num_hidden_layers", {1, 4096});
  if (const auto types = json.find("layer_types")) {
    if (types->size() != layers)
      types->reject(std::to_string(layers) + " entries, one per hidden layer");
    for (const JsonValue& type : types->elements()) {
      const std::string name = type.as_string();
      if (name != "linear_attention" && name != "full_attention")
        type.reject("\"linear_attention\" or \"full_attention\"");
      config.layers.push_back(name == "full_attention" ? LayerType::full_attention
                                                       : LayerType::linear_attention);
    }
    return;
  }
  const int64_t interval = json.get_int_or("full_attention_interval", 4, {1, 4096});
  for (int64_t i = 0; i < layers; ++i)
    config.layers.push_back((i + 1) % interval == 0 ? LayerType::full_attention
                                                    : LayerType::linear_attention);
}

void read_delta_net(const JsonValue& json, ModelConfig& config) {
  DeltaNetConfig& d = config.delta_net;
  d.conv_kernel = json.get_int_or("linear_conv_kernel_dim", 4, {1, 8});
  d.key_dim = json.get_int_or("linear_key_head_dim", 128, {1, 1024});
  d.value_dim = json.get_int_or("linear_value_head_dim", 128, {1, 1024});
  d.key_heads = json.get_int_or("linear_num_key_heads", 16, kSize);
  d.value_heads = json.get_int_or("linear_num_value_heads", 32, kSize);
  if (d.value_heads % d.key_heads != 0)
    json.at("linear_num_value_heads")
        .reject("a multiple of linear_num_key_heads = " + std::to_string(d.key_heads));
}

void read_attention(const JsonValue& json, ModelConfig& config) {
  config.heads = json.get_int("num_attention_heads", kSize);
  config.kv_heads = json.get_int_or("num_key_value_heads", config.heads, kSize);
  if (config.heads % config.kv_heads != 0)
    json.at("num_attention_heads")
        .reject("a multiple of num_key_value_heads = " + std::to_string(config.kv_heads));
  config.head_dim = json.get_int_or("head_dim", 256, {1, 4096});
  config.attention_bias = json.get_bool_or("attention_bias", false);
}

void read_moe(const JsonValue& json, ModelConfig& config) {
  MoeConfig& m = config.moe;
  m.experts = json.get_int("num_experts", {1, 1 << 16});
  m.experts_per_token = json.get_int("num_experts_per_tok", kSize);
  if (m.experts_per_token > m.experts)
    json.at("num_experts_per_tok").reject("at most num_experts = " + std::to_string(m.experts));
  m.expert_width = json.get_int("moe_intermediate_size", kSize);
  m.shared_width = json.get_int("shared_expert_intermediate_size", kSize);
  m.renormalise = true;  // Qwen3.5 has no norm_topk_prob
  m.aux_loss = json.get_bool_or("output_router_logits", false);
  m.aux_loss_coef = json.get_double_or("router_aux_loss_coef", 0.001);
}

}  // namespace

void read_qwen3_5_text(const JsonValue& json, ModelConfig& config) {
  config.model_type = json.get_string("model_type");
  config.vocab_size = json.get_int("vocab_size", {1, 1 << 24});
  config.hidden_size = json.get_int("hidden_size", kSize);
  config.max_positions = json.get_int_or("max_position_embeddings", 32768, {1, 1 << 30});
  config.rms_norm_eps = json.get_double_or("rms_norm_eps", 1e-6);
  if (!(config.rms_norm_eps > 0)) json.at("rms_norm_eps").reject("a positive number");
  config.initializer_range = json.get_double_or("initializer_range", 0.02);
  config.tie_word_embeddings = json.get_bool_or("tie_word_embeddings", false);
  const std::string act = json.get_string_or("hidden_act", "silu");
  if (act != "silu") json.at("hidden_act").reject("\"silu\"");
  if (const auto eos = json.find("eos_token_id"))
    for (const JsonValue& id : eos->is_array() ? eos->elements() : std::vector<JsonValue>{*eos})
      config.eos_token_ids.push_back(id.as_int({0, config.vocab_size - 1}));
  read_attention(json, config);
  read_rotary(json, config);
  read_layer_types(json, config);
  read_delta_net(json, config);
  if (config.model_type.find("moe") != std::string::npos)
    read_moe(json, config);
  else
    config.intermediate_size = json.get_int("intermediate_size", kSize);
}

void read_qwen3_5_vl(const JsonValue& json, ModelConfig& config) {
  read_qwen3_5_text(json.at("text_config"), config);
  config.tie_word_embeddings = json.get_bool_or("tie_word_embeddings", config.tie_word_embeddings);
  config.name_infix = "language_model.";
}

}  // namespace hone
