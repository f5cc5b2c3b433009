// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/config_fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hone {
namespace {

double positive(const JsonValue& json, std::string_view key) {
  const double value = json.get_double(key);
  if (!(value > 0)) json.at(key).reject("a positive number");
  return value;
}

// otherwise: 0 if the key is required.
int64_t size_or(const JsonValue& json, const char* key, int64_t otherwise, IntRange range) {
  return otherwise > 0 ? json.get_int_or(key, otherwise, range) : json.get_int(key, range);
}

void read_heads(const JsonValue& json, const ConfigDefaults& defaults, ModelConfig& config) {
  config.heads = size_or(json, "num_attention_heads", defaults.heads, kSizeRange);
  config.kv_heads = json.get_int_or(
      "num_key_value_heads", defaults.kv_heads > 0 ? defaults.kv_heads : config.heads, kSizeRange);
  if (config.heads % config.kv_heads != 0)
    (json.find("num_attention_heads") ? json.at("num_attention_heads") : json)
        .reject("a multiple of num_key_value_heads = " + std::to_string(config.kv_heads));
  config.head_dim = json.get_int_or("head_dim", defaults.head_dim, {0, 4096});
  if (config.head_dim == 0) {
    if (json.find("head_dim")) json.at("head_dim").reject("an integer in [1, 4096]");
    config.head_dim = config.hidden_size / config.heads;
    if (config.hidden_size % config.heads != 0)
      json.at("num_attention_heads")
          .reject("a divisor of hidden_size = " + std::to_string(config.hidden_size) +
                  ", since there is no head_dim");
  }
  config.attention_bias = json.get_bool_or("attention_bias", false);
}

RopeScaling read_scaling(const JsonValue& rope, const std::string& type) {
  RopeScaling s;
  if (type == "default") return s;
  s.factor = positive(rope, "factor");
  if (type == "linear") {
    s.kind = RopeScaling::Kind::linear;
    return s;
  }
  s.kind = RopeScaling::Kind::llama3;
  s.low_frequency_factor = positive(rope, "low_freq_factor");
  s.high_frequency_factor = positive(rope, "high_freq_factor");
  if (!(s.high_frequency_factor > s.low_frequency_factor))
    rope.at("high_freq_factor").reject("more than low_freq_factor");
  s.original_positions = rope.get_int("original_max_position_embeddings", {1, 1 << 30});
  return s;
}

}  // namespace

void read_common(const JsonValue& json, const ConfigDefaults& defaults, ModelConfig& config) {
  config.model_type = json.get_string("model_type");
  config.vocab_size = size_or(json, "vocab_size", defaults.vocab_size, {1, 1 << 24});
  config.hidden_size = json.get_int("hidden_size", kSizeRange);
  config.max_positions =
      json.get_int_or("max_position_embeddings", defaults.max_positions, {1, 1 << 30});
  config.norm_eps = json.get_double_or(defaults.norm_eps_key, defaults.norm_eps);
  if (!(config.norm_eps > 0)) json.at(defaults.norm_eps_key).reject("a positive number");
  config.initializer_range = json.get_double_or("initializer_range", defaults.initializer_range);
  config.tie_word_embeddings = json.get_bool_or("tie_word_embeddings", defaults.tied);
  const std::string expected(defaults.activation);
  if (json.get_string_or(defaults.activation_key, expected) != expected)
    json.at(defaults.activation_key).reject("\"" + expected + "\"");
  if (const auto eos = json.find("eos_token_id"))
    for (const JsonValue& id : eos->is_array() ? eos->elements() : std::vector<JsonValue>{*eos})
      config.eos_token_ids.push_back(id.as_int({0, 1 << 24}));
  read_heads(json, defaults, config);
}

void write_common(const ModelConfig& c, const ConfigDefaults& defaults, Json& json) {
  json["vocab_size"] = c.vocab_size;
  json["hidden_size"] = c.hidden_size;
  json["num_hidden_layers"] = c.num_layers();
  json["num_attention_heads"] = c.heads;
  json["num_key_value_heads"] = c.kv_heads;
  json["head_dim"] = c.head_dim;
  json[defaults.activation_key] = defaults.activation;
  json["attention_bias"] = c.attention_bias;
  json["max_position_embeddings"] = c.max_positions;
  json[defaults.norm_eps_key] = c.norm_eps;
  json["initializer_range"] = c.initializer_range;
  json["tie_word_embeddings"] = c.tie_word_embeddings;
  if (!c.eos_token_ids.empty()) json["eos_token_id"] = c.eos_token_ids[0];
}

void read_rope_parameters(const JsonValue& rope, int64_t head_dim, RotaryConfig& rotary) {
  // Files of before 2024 say "type".
  const std::string_view type_key = rope.find("rope_type") ? "rope_type" : "type";
  const std::string type = rope.get_string_or(type_key, "default");
  if (type != "default" && type != "linear" && type != "llama3")
    rope.at(type_key).reject("\"default\", \"linear\" or \"llama3\"");
  rotary.scaling = read_scaling(rope, type);
  rotary.theta = rope.get_double_or("rope_theta", rotary.theta);
  if (!(rotary.theta > 0)) rope.reject("a positive rope_theta");
  if (const auto p = rope.find("partial_rotary_factor")) {
    const double partial = p->as_double();
    if (!(partial > 0 && partial <= 1)) p->reject("a fraction in (0, 1]");
    rotary.dims = static_cast<int64_t>(static_cast<double>(head_dim) * partial);
  }
}

RotaryConfig read_rotary(const JsonValue& json, const ModelConfig& config, double default_theta,
                         double default_partial) {
  RotaryConfig rotary;
  rotary.theta = json.get_double_or("rope_theta", default_theta);
  const double partial = json.get_double_or("partial_rotary_factor", default_partial);
  if (!(partial > 0 && partial <= 1))
    json.at("partial_rotary_factor").reject("a fraction in (0, 1]");
  rotary.dims = static_cast<int64_t>(static_cast<double>(config.head_dim) * partial);
  if (const auto older = json.find("rope_scaling"))
    read_rope_parameters(*older, config.head_dim, rotary);
  const std::optional<JsonValue> rope = json.find("rope_parameters");
  if (rope) read_rope_parameters(*rope, config.head_dim, rotary);
  if (!(rotary.theta > 0)) json.at("rope_theta").reject("a positive number");
  if (rotary.dims % 2 != 0 || rotary.dims == 0)
    (rope ? *rope : json)
        .reject(
            "a partial_rotary_factor in (0, 1] that rotates an even number of "
            "the head's " +
            std::to_string(config.head_dim) + " dimensions");
  return rotary;
}

Json rope_parameters_json(const RotaryConfig& rotary, int64_t head_dim) {
  const RopeScaling& s = rotary.scaling;
  Json j;
  j["rope_type"] = s.kind == RopeScaling::Kind::none     ? "default"
                   : s.kind == RopeScaling::Kind::linear ? "linear"
                                                         : "llama3";
  j["rope_theta"] = rotary.theta;
  if (s.kind != RopeScaling::Kind::none) j["factor"] = s.factor;
  if (s.kind == RopeScaling::Kind::llama3) {
    j["low_freq_factor"] = s.low_frequency_factor;
    j["high_freq_factor"] = s.high_frequency_factor;
    j["original_max_position_embeddings"] = s.original_positions;
  }
  if (rotary.dims != head_dim)
    j["partial_rotary_factor"] = static_cast<double>(rotary.dims) / static_cast<double>(head_dim);
  return j;
}

void read_layer_types(const JsonValue& json, std::initializer_list<LayerType> allowed,
                      const std::function<LayerType(int64_t)>& type_of, ModelConfig& config) {
  const int64_t layers = json.get_int("num_hidden_layers", {1, 4096});
  const auto types = json.find("layer_types");
  if (!types) {
    for (int64_t i = 0; i < layers; ++i) config.layers.push_back(type_of(i));
    return;
  }
  if (types->size() != layers)
    types->reject(std::to_string(layers) + " entries, one per hidden layer");
  for (const JsonValue& type : types->elements()) {
    const std::string name = type.as_string();
    const auto* found = std::find_if(allowed.begin(), allowed.end(),
                                     [&](LayerType t) { return name_of(t) == name; });
    if (found == allowed.end()) {
      std::string names;
      for (const LayerType t : allowed)
        names += (names.empty() ? "\"" : " or \"") + std::string(name_of(t)) + "\"";
      type.reject(names);
    }
    config.layers.push_back(*found);
  }
}

Json layer_types_json(const ModelConfig& config) {
  Json list = Json::array();
  for (const LayerType t : config.layers) list.push_back(name_of(t));
  return list;
}

void refuse_unless_off(const JsonValue& json, std::string_view key, std::string_view why) {
  const auto value = json.find(key);
  if (!value || value->raw() == Json(false)) return;
  value->reject("null: " + std::string(why));
}

void read_experts(const JsonValue& json, std::string_view experts_key, std::string_view width_key,
                  double default_aux_coef, ModelConfig& config) {
  MoeConfig& m = config.moe;
  m.experts = json.get_int(experts_key, {1, 1 << 16});
  m.experts_per_token = json.get_int("num_experts_per_tok", kSizeRange);
  if (m.experts_per_token > m.experts)
    json.at("num_experts_per_tok")
        .reject("at most " + std::string(experts_key) + " = " + std::to_string(m.experts));
  m.expert_width = json.get_int(width_key, kSizeRange);
  m.aux_loss = json.get_bool_or("output_router_logits", false);
  m.aux_loss_coef = json.get_double_or("router_aux_loss_coef", default_aux_coef);
}

void write_experts(const ModelConfig& c, std::string_view experts_key, std::string_view width_key,
                   Json& json) {
  json[std::string(experts_key)] = c.moe.experts;
  json["num_experts_per_tok"] = c.moe.experts_per_token;
  json[std::string(width_key)] = c.moe.expert_width;
  json["router_aux_loss_coef"] = c.moe.aux_loss_coef;
  json["output_router_logits"] = c.moe.aux_loss;
}

}  // namespace hone
