// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_checks.h"

#include <filesystem>
#include <string_view>

namespace hone {
namespace {

constexpr std::string_view kRandomModel = "random:";

// The keys that were given, by name.
class GivenKeys {
 public:
  explicit GivenKeys(const ConfigValue& tree) : tree_(tree) {}

  bool has(std::string_view key) const { return value(key) != nullptr; }

  // Where the key's value stands; nowhere when it was not given.
  SourcePosition at(std::string_view key) const {
    const ConfigValue* found = value(key);
    return found != nullptr ? found->at : SourcePosition{};
  }

 private:
  const ConfigValue* value(std::string_view key) const {
    const ConfigValue* found = tree_.find(key);
    return found != nullptr && !found->is_null() ? found : nullptr;
  }
  const ConfigValue& tree_;
};

void check_model_and_output(const TrainConfig& config, const GivenKeys& given,
                            ConfigErrors& errors) {
  const bool random = config.base_model.written.starts_with(kRandomModel);
  if (random && !given.has("tokenizer_config"))
    errors.add(given.at("base_model"), "base_model: " + config.base_model.written +
                                           " has no tokenizer of its own; set tokenizer_config to "
                                           "a folder that holds tokenizer.json");
  std::error_code ignored;
  if (!config.output_dir.empty() && !config.base_model.path.empty() &&
      std::filesystem::equivalent(config.output_dir, config.base_model.path, ignored))
    errors.add(given.at("output_dir"),
               "output_dir: this is base_model's folder, which the results would overwrite");
  if (std::filesystem::exists(config.output_dir, ignored) &&
      !std::filesystem::is_directory(config.output_dir, ignored))
    errors.add(given.at("output_dir"), "output_dir: " + config.output_dir.string() +
                                           " is a file; give a folder, or a name that is free");
}

void check_data(const TrainConfig& config, const ConfigValue& tree, ConfigErrors& errors) {
  const ConfigValue* list = tree.find("datasets");
  for (size_t i = 0; i < config.datasets.size(); ++i)
    if (config.datasets[i].split != "train" && list != nullptr && i < list->items.size()) {
      const ConfigValue* split = list->items[i].find("split");
      errors.add(split != nullptr ? split->at : list->at,
                 "datasets." + std::to_string(i) +
                     ".split: a .jsonl file has the one split "
                     "'train', found '" +
                     config.datasets[i].split + "'");
    }
}

void check_adapter(const TrainConfig& config, const GivenKeys& given, ConfigErrors& errors,
                   std::vector<std::string>& notices) {
  const bool targets = !config.lora_target_modules.empty() || config.lora_target_linear ||
                       !config.lora_target_parameters.empty();
  if (errors.has(given.at("adapter"))) return;  // which adapter was meant is not known
  if (config.adapter == AdapterKind::kNone) {
    if (config.load_in_4bit)
      errors.add(given.at("load_in_4bit"),
                 "load_in_4bit: 4-bit weights cannot be trained themselves; set adapter: qlora");
    if (targets)
      notices.push_back("lora_* has no effect: adapter is none, all weights are trained");
    return;
  }
  if (config.adapter == AdapterKind::kQlora && !config.load_in_4bit)
    errors.add(given.at("adapter"), "adapter: qlora needs load_in_4bit: true");
  if (!targets)
    errors.add(given.at("adapter"),
               "adapter: nothing would be trained; say where adapters go with lora_target_linear: "
               "true, lora_target_modules or lora_target_parameters");
  if (!config.lora_target_parameters.empty() && config.lora_dropout > 0)
    errors.add(given.at("lora_dropout"),
               "lora_dropout: must be 0 with lora_target_parameters, whose input it cannot reach");
}

void check_schedule(const TrainConfig& config, const GivenKeys& given, ConfigErrors& errors,
                    std::vector<std::string>& notices) {
  if (config.warmup_steps && config.warmup_ratio)
    errors.add(given.at("warmup_ratio"),
               "warmup_ratio: warmup_steps is set too; keep one of the two");
  const bool warmup = config.warmup_steps.value_or(0) > 0 || config.warmup_ratio.value_or(0) > 0;
  if (warmup && config.lr_scheduler == LrSchedule::kConstant)
    notices.push_back(
        "warmup has no effect: lr_scheduler is constant; there is constant_with_warmup");
  if (config.warmup_steps && config.max_steps && *config.warmup_steps > *config.max_steps)
    errors.add(given.at("warmup_steps"), "warmup_steps: " + std::to_string(*config.warmup_steps) +
                                             " is more than max_steps, " +
                                             std::to_string(*config.max_steps));
}

}  // namespace

void check_between_keys(const TrainConfig& config, const ConfigValue& tree, ConfigErrors& errors,
                        std::vector<std::string>& notices) {
  const GivenKeys given(tree);
  check_model_and_output(config, given, errors);
  check_data(config, tree, errors);
  check_adapter(config, given, errors, notices);
  check_schedule(config, given, errors, notices);
}

}  // namespace hone
