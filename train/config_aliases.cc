// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_aliases.h"

#include <algorithm>
#include <set>

namespace hone {
namespace {

constexpr std::string_view kAxolotl = "axolotl";
constexpr std::string_view kFactory = "LLaMA-Factory";
constexpr std::string_view kSurogate = "surogate";
constexpr std::string_view kTrainer = "the Hugging Face Trainer";
constexpr std::string_view kUnsloth = "unsloth";

std::vector<KeyAlias> all_aliases() {
  return {
      // Model and tokens.
      {"model_name_or_path", "base_model", kFactory},
      {"model_name", "base_model", kUnsloth},
      {"model", "base_model", kSurogate},
      {"cutoff_len", "sequence_len", kFactory},
      {"max_seq_length", "sequence_len", kUnsloth},
      {"max_length", "sequence_len", kTrainer},
      {"bfloat16", "bf16", kAxolotl, {{"true", "full"}, {"false", ""}}},
      {"float32", "bf16", kAxolotl, {{"true", "false"}, {"false", ""}}},
      {"pure_bf16", "bf16", kFactory, {{"true", "full"}, {"false", ""}}},
      {"recompute", "gradient_checkpointing", kSurogate},
      {"use_gradient_checkpointing", "gradient_checkpointing", kUnsloth, {{"unsloth", "true"}}},
      {"disable_gradient_checkpointing",
       "gradient_checkpointing",
       kFactory,
       {{"true", "false"}, {"false", "true"}}},
      {"model_config", "overrides_of_model_config", kAxolotl},
      {"model_kwargs", "overrides_of_model_kwargs", kAxolotl},
      {"model_revision", "revision_of_model", kAxolotl},
      {"type_of_model", "model_type", kAxolotl},
      // Data.
      {"packing", "sample_packing", kFactory},
      {"neat_packing", "sample_packing", kFactory},
      {"train_on_prompt", "train_on_inputs", kFactory},
      {"val_size", "val_set_size", kFactory},
      {"validation_split_ratio", "val_set_size", kSurogate},
      {"validation_datasets", "test_datasets", kSurogate},
      {"template", "chat_template", kFactory},
      // Adapter.
      {"finetuning_type", "adapter", kFactory, {{"full", "none"}}},
      {"lora", "adapter", kSurogate, {{"true", "lora"}, {"false", "none"}}},
      {"lora_rank", "lora_r", "surogate, LLaMA-Factory"},
      {"lora_target", "lora_target_modules", kFactory, {{"all", "all-linear"}}, true},
      {"additional_target", "lora_modules_to_save", kFactory, {}, true},
      {"use_rslora", "peft_use_rslora", kFactory},
      {"use_dora", "peft_use_dora", kFactory},
      {"adapter_name_or_path", "lora_model_dir", kFactory},
      {"qlora_bnb", "load_in_4bit", kSurogate},
      {"quantization_bit", "load_in_4bit", kFactory, {{"4", "true"}}},
      {"quantization_type", "bnb_4bit_quant_type", kFactory},
      // Training.
      {"per_device_train_batch_size", "micro_batch_size", "surogate, LLaMA-Factory"},
      {"per_device_eval_batch_size", "eval_batch_size", kFactory},
      {"micro_eval_batch_size", "eval_batch_size", kAxolotl},
      {"num_train_epochs", "num_epochs", kFactory},
      {"lr_scheduler_type", "lr_scheduler", "surogate, LLaMA-Factory"},
      {"final_lr_fraction", "cosine_min_lr_ratio", kSurogate},
      {"optim", "optimizer", "LLaMA-Factory, unsloth"},
      {"adamw_beta1", "adam_beta1", kSurogate},
      {"adamw_beta2", "adam_beta2", kSurogate},
      {"adamw_epsilon", "adam_epsilon", kSurogate},
      {"train_seed", "seed", kSurogate},
      {"random_state", "seed", kUnsloth},
      {"noisy_embedding_alpha", "neftune_noise_alpha", kAxolotl},
      {"sequence_parallel_degree", "context_parallel_size", kAxolotl},
      {"evaluation_strategy", "eval_strategy", kAxolotl},
      {"gpu_memory_limit", "memory_limit", kAxolotl},
  };
}

std::vector<ConfigValue> split_at_commas(const ConfigValue& value) {
  std::vector<ConfigValue> items;
  std::string_view rest = value.text;
  while (true) {
    const size_t comma = rest.find(',');
    std::string_view word = rest.substr(0, comma);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    ConfigValue item = value;
    item.text = word;
    items.push_back(std::move(item));
    if (comma == std::string_view::npos) return items;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

const std::vector<KeyAlias>& key_aliases() {
  static const std::vector<KeyAlias> aliases = all_aliases();
  return aliases;
}

const KeyAlias* find_alias(std::string_view name) {
  for (const KeyAlias& alias : key_aliases())
    if (alias.name == name) return &alias;
  return nullptr;
}

void translate_value(const KeyAlias& alias, ConfigValue& value) {
  if (value.kind != ConfigValue::Kind::kScalar) return;
  const std::optional<bool> boolean = read_boolean(value.text);
  for (const AliasValue& word : alias.values) {
    const bool same =
        word.theirs == value.text || (boolean && word.theirs == (*boolean ? "true" : "false"));
    if (!same) continue;
    value.text = word.ours;
    if (word.ours.empty()) value.kind = ConfigValue::Kind::kNull;
    return;
  }
  if (alias.comma_list && value.text.find(',') != std::string::npos) {
    value.items = split_at_commas(value);
    value.kind = ConfigValue::Kind::kList;
    value.text.clear();
  }
}

void resolve_aliases(ConfigValue& tree, ConfigErrors& errors, std::vector<std::string>& notices) {
  std::string said;
  for (ConfigEntry& entry : tree.entries) {
    const KeyAlias* alias = find_alias(entry.key);
    if (alias == nullptr) continue;
    translate_value(*alias, entry.value);
    const auto other = std::find_if(
        tree.entries.begin(), tree.entries.end(),
        [&](const ConfigEntry& e) { return e.key == alias->key && !e.value.is_null(); });
    if (entry.value.is_null()) {
      // not given
    } else if (other != tree.entries.end()) {
      errors.add(entry.at, entry.key + ": this is " + std::string(alias->key) +
                               ", which is given at " + other->at.str() +
                               " too; keep one of the two");
      entry.value = {};
    } else {
      said += (said.empty() ? "" : ", ") + entry.key + " read as " + std::string(alias->key);
    }
    entry.key = alias->key;
  }
  // Of several entries for one key at most one has a value; it is the one to keep.
  std::set<std::string> valued;
  for (const ConfigEntry& entry : tree.entries)
    if (!entry.value.is_null()) valued.insert(entry.key);
  std::erase_if(tree.entries, [&](const ConfigEntry& entry) {
    return entry.value.is_null() && valued.count(entry.key) > 0;
  });
  if (!said.empty()) notices.push_back(said);
}

}  // namespace hone
