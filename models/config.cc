// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/config.h"

#include <sys/stat.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/registry.h"

namespace hone {
namespace {

bool is_directory(const std::string& path) {
  struct stat s;
  return stat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode);
}

std::string supported_architectures() {
  std::string list;
  for (const ModelFamily& f : model_families())
    list += (list.empty() ? "" : ", ") + std::string(f.architecture);
  return list;
}

const ModelFamily& find_family(const JsonValue& json) {
  const auto architectures = json.find("architectures");
  if (architectures && architectures->size() > 0) {
    const std::string name = architectures->at(0).as_string();
    for (const ModelFamily& f : model_families())
      if (f.architecture == name) return f;
    architectures->at(0).reject("one of the supported architectures " + supported_architectures());
  }
  const JsonValue type = json.at("model_type");
  for (const ModelFamily& f : model_families())
    if (f.model_type == type.as_string()) return f;
  type.reject("the model_type of a supported architecture (" + supported_architectures() + ")");
}

// The types of the weights are in their files; a name that is none speaks of a damaged config.json.
void check_dtype(const JsonValue& json) {
  for (const char* key : {"dtype", "torch_dtype"})
    if (const auto dtype = json.find(key)) {
      const std::string name = dtype->as_string();
      if (name != "float32" && name != "bfloat16" && name != "float16" && name != "float64")
        dtype->reject("float32, bfloat16, float16 or float64");
    }
}

// Their weights are stored in other forms under other names.
void refuse_quantised(const JsonValue& json) {
  if (const auto quantised = json.find("quantization_config"))
    quantised->reject(
        "none: hone reads weights that are not quantised yet, and quantises them "
        "itself (load_in_4bit); take the model that this one was made from");
}

}  // namespace

ModelConfig load_model_config(const std::string& path) {
  return parse_model_config(load_json(is_directory(path) ? path + "/config.json" : path));
}

ModelConfig parse_model_config(const JsonValue& json) {
  const ModelFamily& family = find_family(json);
  ModelConfig config;
  config.architecture = family.architecture;
  check_dtype(json);
  refuse_quantised(json);
  family.read_config(json, config);
  return config;
}

std::string to_config_json(const ModelConfig& c, const std::string& dtype) {
  Json j;
  j["architectures"] = {c.architecture};
  j["model_type"] = c.model_type;
  j["dtype"] = dtype;
  j["vocab_size"] = c.vocab_size;
  j["hidden_size"] = c.hidden_size;
  j["num_hidden_layers"] = c.num_layers();
  j["num_attention_heads"] = c.heads;
  j["num_key_value_heads"] = c.kv_heads;
  j["head_dim"] = c.head_dim;
  j["hidden_act"] = "silu";
  j["attention_bias"] = c.attention_bias;
  j["max_position_embeddings"] = c.max_positions;
  j["rms_norm_eps"] = c.rms_norm_eps;
  j["initializer_range"] = c.initializer_range;
  j["tie_word_embeddings"] = c.tie_word_embeddings;
  j["rope_parameters"] = {{"rope_type", "default"},
                          {"rope_theta", c.rotary.theta},
                          {"partial_rotary_factor",
                           static_cast<double>(c.rotary.dims) / static_cast<double>(c.head_dim)},
                          {"mrope_section", c.rotary.mrope_section},
                          {"mrope_interleaved", true}};
  j["linear_conv_kernel_dim"] = c.delta_net.conv_kernel;
  j["linear_key_head_dim"] = c.delta_net.key_dim;
  j["linear_value_head_dim"] = c.delta_net.value_dim;
  j["linear_num_key_heads"] = c.delta_net.key_heads;
  j["linear_num_value_heads"] = c.delta_net.value_heads;
  for (LayerType t : c.layers)
    j["layer_types"].push_back(t == LayerType::full_attention ? "full_attention"
                                                              : "linear_attention");
  if (!c.eos_token_ids.empty()) j["eos_token_id"] = c.eos_token_ids[0];
  if (c.is_moe()) {
    j["num_experts"] = c.moe.experts;
    j["num_experts_per_tok"] = c.moe.experts_per_token;
    j["moe_intermediate_size"] = c.moe.expert_width;
    j["shared_expert_intermediate_size"] = c.moe.shared_width;
    j["router_aux_loss_coef"] = c.moe.aux_loss_coef;
    j["output_router_logits"] = c.moe.aux_loss;
  } else {
    j["intermediate_size"] = c.intermediate_size;
  }
  return j.dump(2) + "\n";
}

std::vector<double> inverse_frequencies(const RotaryConfig& rotary) {
  std::vector<double> f;
  for (int64_t j = 0; j < rotary.dims / 2; ++j) {
    const float exponent = static_cast<float>(2 * j) / static_cast<float>(rotary.dims);
    f.push_back(1.0f / std::pow(static_cast<float>(rotary.theta), exponent));
  }
  return f;
}

}  // namespace hone
