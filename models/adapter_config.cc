// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/adapter_config.h"

#include <nlohmann/json.hpp>

namespace hone {
namespace {

// The layout of current PEFT is announced by its version, which readers go by.
constexpr const char* kPeftVersion = "0.21.0";

// One alone is a list of one.
std::vector<std::string> strings(const JsonValue& list) {
  if (list.is_string()) return {list.as_string()};
  std::vector<std::string> out;
  for (const JsonValue& e : list.elements()) out.push_back(e.as_string());
  return out;
}

// Features that would change the result if they were ignored.
void refuse_unsupported(const JsonValue& json) {
  for (const char* key : {"use_qalora", "fan_in_fan_out", "lora_bias"})
    if (json.get_bool_or(key, false)) json.at(key).reject("false: hone does not support it");
  for (const char* key :
       {"layer_replication", "trainable_token_indices", "alora_invocation_tokens", "use_bdlora"})
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
  c.dora = json.get_bool_or("use_dora", false);
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
    if (m->is_string())
      c.exclude_modules_regex = m->as_string();
    else
      c.exclude_modules = strings(*m);
  }
  if (const auto m = json.find("modules_to_save")) c.modules_to_save = strings(*m);
  c.task_type = json.get_string_or("task_type", c.task_type);
  // PEFT names all heads of labels that there are, whichever the model has.
  if (c.task_type == "SEQ_CLS" || c.task_type == "TOKEN_CLS")
    std::erase(c.modules_to_save, "classifier");
  c.ensure_weight_tying = json.get_bool_or("ensure_weight_tying", false);
  if (const auto layers = json.find("layers_to_transform")) {
    constexpr IntRange kLayers = {0, 1 << 16};
    if (layers->is_array())
      for (const JsonValue& e : layers->elements())
        c.layers_to_transform.push_back(e.as_int(kLayers));
    else
      c.layers_to_transform = {layers->as_int(kLayers)};
  }
  if (const auto p = json.find("layers_pattern")) c.layers_pattern = strings(*p);
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
  const auto list = [&](const char* key, const auto& values) {
    if (!values.empty()) j[key] = values;
  };
  for (const char* key :
       {"alora_invocation_tokens", "arrow_config", "auto_mapping", "corda_config", "eva_config",
        "exclude_modules", "layer_replication", "layers_pattern", "layers_to_transform",
        "megatron_config", "modules_to_save", "revision", "target_parameters",
        "trainable_token_indices", "base_model_name_or_path", "use_bdlora"})
    j[key] = nullptr;
  for (const char* key : {"fan_in_fan_out", "lora_bias", "use_qalora"}) j[key] = false;
  j["ensure_weight_tying"] = c.ensure_weight_tying;
  j["alpha_pattern"] = Json::object();
  for (const auto& [key, alpha] : c.alpha_pattern) j["alpha_pattern"][key] = alpha;
  j["rank_pattern"] = Json::object();
  for (const auto& [key, rank] : c.rank_pattern) j["rank_pattern"][key] = rank;
  if (!c.base_model.empty()) j["base_model_name_or_path"] = c.base_model;
  j["bias"] = "none";
  list("exclude_modules", c.exclude_modules);
  if (!c.exclude_modules_regex.empty()) j["exclude_modules"] = c.exclude_modules_regex;
  list("layers_to_transform", c.layers_to_transform);
  list("layers_pattern", c.layers_pattern);
  list("modules_to_save", c.modules_to_save);
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
  list("target_parameters", c.target_parameters);
  j["task_type"] = c.task_type;
  j["use_dora"] = c.dora;
  j["use_rslora"] = c.rslora;
  return j.dump(2) + "\n";
}

}  // namespace hone
