// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/adapter_config.h"

#include <nlohmann/json.hpp>

namespace hone {
namespace {

// The layout of current PEFT is announced by its version, which readers go by.
constexpr const char* kPeftVersion = "0.21.0";

std::vector<std::string> strings(const JsonValue& list) {
  std::vector<std::string> out;
  for (const JsonValue& e : list.elements()) out.push_back(e.as_string());
  return out;
}

// Features that would change the result if they were ignored.
void refuse_unsupported(const JsonValue& json) {
  for (const char* key : {"use_dora", "use_qalora", "fan_in_fan_out", "lora_bias"})
    if (json.get_bool_or(key, false)) json.at(key).reject("false: hone does not support it");
  for (const char* key : {"modules_to_save", "layer_replication", "trainable_token_indices",
                          "alora_invocation_tokens", "layers_to_transform", "use_bdlora"})
    if (json.find(key)) json.at(key).reject("null: hone does not support it");
  if (json.get_string_or("bias", "none") != "none") json.at("bias").reject("\"none\"");
  const std::string type = json.get_string("peft_type");
  if (type != "LORA") json.at("peft_type").reject("\"LORA\"");
}

}  // namespace

LoraConfig load_lora_config(const std::string& adapter_dir) {
  return parse_lora_config(load_json(adapter_dir + "/adapter_config.json"));
}

LoraConfig parse_lora_config(const JsonValue& json) {
  refuse_unsupported(json);
  LoraConfig c;
  c.r = json.get_int_or("r", 8, {1, 1 << 16});
  c.alpha = json.get_double_or("lora_alpha", 8);
  c.dropout = json.get_double_or("lora_dropout", 0);
  if (!(c.dropout >= 0 && c.dropout < 1))
    json.at("lora_dropout").reject("a probability from 0 to below 1");
  c.rslora = json.get_bool_or("use_rslora", false);
  c.base_model = json.get_string_or("base_model_name_or_path", "");
  c.peft_version = json.get_string_or("peft_version", "");
  if (const auto modules = json.find("target_modules")) {
    if (!modules->is_string())
      c.target_modules = strings(*modules);
    else if (modules->as_string() == "all-linear")
      c.all_linear = true;
    else
      c.target_modules_regex = modules->as_string();
  }
  if (const auto p = json.find("target_parameters")) c.target_parameters = strings(*p);
  if (const auto m = json.find("exclude_modules")) {
    if (m->is_string()) m->reject("a list of module names");
    c.exclude_modules = strings(*m);
  }
  if (const auto ranks = json.find("rank_pattern"))
    for (const auto& [key, value] : ranks->members())
      c.rank_pattern.emplace_back(key, value.as_int({1, 1 << 16}));
  if (const auto alphas = json.find("alpha_pattern"))
    for (const auto& [key, value] : alphas->members())
      c.alpha_pattern.emplace_back(key, value.as_double());
  return c;
}

std::string adapter_config_json(const LoraConfig& c) {
  Json j;
  for (const char* key :
       {"alora_invocation_tokens", "arrow_config", "auto_mapping", "corda_config", "eva_config",
        "exclude_modules", "layer_replication", "layers_pattern", "layers_to_transform",
        "megatron_config", "modules_to_save", "revision", "target_parameters",
        "trainable_token_indices", "base_model_name_or_path", "use_bdlora"})
    j[key] = nullptr;
  for (const char* key :
       {"fan_in_fan_out", "lora_bias", "use_dora", "use_qalora", "ensure_weight_tying"})
    j[key] = false;
  j["alpha_pattern"] = Json::object();
  for (const auto& [key, alpha] : c.alpha_pattern) j["alpha_pattern"][key] = alpha;
  j["rank_pattern"] = Json::object();
  for (const auto& [key, rank] : c.rank_pattern) j["rank_pattern"][key] = rank;
  if (!c.base_model.empty()) j["base_model_name_or_path"] = c.base_model;
  j["bias"] = "none";
  if (!c.exclude_modules.empty()) j["exclude_modules"] = c.exclude_modules;
  j["inference_mode"] = true;
  j["init_lora_weights"] = true;
  j["loftq_config"] = Json::object();
  j["lora_alpha"] = c.alpha;
  j["lora_dropout"] = c.dropout;
  j["megatron_core"] = "megatron.core";
  j["peft_type"] = "LORA";
  j["peft_version"] = kPeftVersion;
  j["qalora_group_size"] = 16;
  j["r"] = c.r;
  if (c.all_linear)
    j["target_modules"] = "all-linear";
  else if (!c.target_modules_regex.empty())
    j["target_modules"] = c.target_modules_regex;
  else
    j["target_modules"] = c.target_modules;
  if (!c.target_parameters.empty()) j["target_parameters"] = c.target_parameters;
  j["task_type"] = "CAUSAL_LM";
  j["use_rslora"] = c.rslora;
  return j.dump(2) + "\n";
}

}  // namespace hone
