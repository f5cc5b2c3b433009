// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/registry.h"

#include <nlohmann/json.hpp>

#include "models/gemma3.h"
#include "models/llama.h"
#include "models/mixtral.h"
#include "models/nemotron.h"
#include "models/olmoe.h"
#include "models/qwen3.h"
#include "models/qwen3_5.h"

namespace hone {

std::span<const ModelFamily> model_families() {
  static constexpr ModelFamily kFamilies[] = {
      {"Gemma3ForCausalLM", "gemma3_text", read_gemma3_text, write_gemma3_text,
       "Gemma3TextForSequenceClassification"},
      {"Gemma3ForConditionalGeneration", "gemma3", read_gemma3_vl, nullptr,
       "Gemma3ForSequenceClassification"},
      {"LlamaForCausalLM", "llama", read_llama, write_llama, "LlamaForSequenceClassification",
       "LlamaForTokenClassification"},
      {"MixtralForCausalLM", "mixtral", read_mixtral, write_mixtral,
       "MixtralForSequenceClassification", "MixtralForTokenClassification"},
      {"NemotronForCausalLM", "nemotron", read_nemotron, write_nemotron,
       "NemotronForSequenceClassification", "NemotronForTokenClassification"},
      {"OlmoeForCausalLM", "olmoe", read_olmoe, write_olmoe},
      {"Qwen3ForCausalLM", "qwen3", read_qwen3, write_qwen3, "Qwen3ForSequenceClassification",
       "Qwen3ForTokenClassification"},
      {"Qwen3MoeForCausalLM", "qwen3_moe", read_qwen3_moe, write_qwen3_moe,
       "Qwen3MoeForSequenceClassification", "Qwen3MoeForTokenClassification"},
      {"Qwen3_5ForCausalLM", "qwen3_5_text", read_qwen3_5_text, write_qwen3_5_text,
       "Qwen3_5TextForSequenceClassification", "Qwen3_5ForTokenClassification"},
      {"Qwen3_5ForConditionalGeneration", "qwen3_5", read_qwen3_5_vl, nullptr,
       "Qwen3_5ForSequenceClassification", "Qwen3_5ForTokenClassification"},
      {"Qwen3_5MoeForCausalLM", "qwen3_5_moe_text", read_qwen3_5_text, write_qwen3_5_text},
      {"Qwen3_5MoeForConditionalGeneration", "qwen3_5_moe", read_qwen3_5_vl, nullptr},
  };
  return kFamilies;
}

std::string class_name(const ModelConfig& config) {
  if (!config.head.has_labels()) return config.architecture;
  const bool tokens = config.head.kind == nn::HeadKind::token_labels;
  std::string_view name;
  for (const ModelFamily& f : model_families())
    if (f.architecture == config.architecture) name = tokens ? f.token_class : f.sequence_class;
  if (name.empty())
    fail(ErrorCode::kUsage, "a head of labels for ", tokens ? "tokens" : "sequences",
         ": transformers has no such class for ", config.architecture,
         ", so nothing could load the model; use one of another family");
  return std::string(name);
}

void write_head(const ModelConfig& config, Json& json) {
  json["architectures"] = {class_name(config)};
  if (!config.head.has_labels()) return;
  Json names = Json::object(), ids = Json::object();
  for (int64_t i = 0; i < config.head.labels; ++i) {
    const std::string name = "LABEL_" + std::to_string(i);
    names[std::to_string(i)] = name;
    ids[name] = i;
  }
  json["id2label"] = std::move(names);
  json["label2id"] = std::move(ids);
  Json& text = json.contains("text_config") ? json["text_config"] : json;
  if (config.head.pad_token_id >= 0) text["pad_token_id"] = config.head.pad_token_id;
}

}  // namespace hone
