// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/load_config.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tensor/check.h"
#include "train/config_aliases.h"
#include "train/config_errors.h"
#include "train/config_reader.h"
#include "train/config_rules.h"
#include "train/yaml.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

// PEFT's word for what axolotl calls lora_target_linear.
void expand_all_linear(TrainConfig& config) {
  if (config.lora_target_modules.pattern != "all-linear") return;
  config.lora_target_modules.pattern.clear();
  config.lora_target_linear = true;
}

// As axolotl has it: no evaluation at all.
void read_no_evaluations(TrainConfig& config) {
  if (config.evals_per_epoch != 0) return;
  config.evals_per_epoch.reset();
  config.eval_strategy = StepStrategy::kNo;
}

// What some keys say about others, so that the configuration written out says it too.
void resolve_implied(TrainConfig& config) {
  if (config.batch_size) {
    config.gradient_accumulation_steps = *config.batch_size / config.micro_batch_size;
    config.batch_size.reset();
  }
  if (!config.chat_template_jinja.empty()) config.chat_template = "jinja";
  for (auto* items : {&config.datasets, &config.test_datasets})
    for (DatasetConfig& item : *items)
      if (!item.chat_template_jinja.empty()) item.chat_template = "jinja";
  if (config.save_steps) config.save_strategy = StepStrategy::kSteps;
  if (config.eval_steps) config.eval_strategy = StepStrategy::kSteps;
}

// The same setting under our name for its key.
Override by_our_name(const Override& change) {
  const size_t end = std::min(change.key.find('.'), change.key.size());
  const KeyAlias* alias = find_alias(std::string_view(change.key).substr(0, end));
  if (alias == nullptr) return change;
  ConfigValue value;
  value.kind = ConfigValue::Kind::kScalar;
  value.text = change.value;
  translate_value(*alias, value);
  for (const ConfigValue& item : value.items)
    value.text += (value.text.empty() ? "['" : ", '") + item.text + "'";
  if (!value.items.empty()) value.text += "]";
  return {std::string(alias->key) + change.key.substr(end), value.text, change.number,
          change.option};
}

// Of everything below `value`, whose own name with a dot is `prefix`.
void note_places(const ConfigValue& value, const std::string& prefix,
                 std::map<std::string, std::string>& places) {
  for (const ConfigEntry& entry : value.entries) {
    places[prefix + entry.key] = entry.at.str();
    note_places(entry.value, prefix + entry.key + ".", places);
  }
  for (size_t i = 0; i < value.items.size(); ++i) {
    places[prefix + std::to_string(i)] = value.items[i].at.str();
    note_places(value.items[i], prefix + std::to_string(i) + ".", places);
  }
}

// Tree and errors: what reading it so far has given.
LoadedConfig resolve(const ConfigValue& tree, const fs::path& yaml_directory,
                     const PathRoots& roots, ConfigErrors& errors,
                     std::vector<std::string> notices) {
  if (!tree.is_null() && tree.kind != ConfigValue::Kind::kMap)
    fail(ErrorCode::kUsage, tree.at.str(), ": expected 'key: value' lines, found ",
         tree.describe());
  LoadedConfig loaded = {{}, std::move(notices)};
  for (std::string& notice : read_config(tree, yaml_directory, roots, errors, loaded.config))
    loaded.notices.push_back(std::move(notice));
  expand_all_linear(loaded.config);
  read_no_evaluations(loaded.config);
  check_rules(loaded.config, tree, errors, loaded.notices);
  errors.throw_if_any();
  note_places(tree, "", loaded.places);
  resolve_implied(loaded.config);
  return loaded;
}

}  // namespace

fs::path default_output_dir(const PathRoots& roots, std::time_t now) {
  std::tm local = {};
  localtime_r(&now, &local);
  std::array<char, 32> name = {};
  std::strftime(name.data(), name.size(), "%Y-%m-%d_%H-%M-%S", &local);
  return roots.user_directory / "outputs" / name.data();
}

LoadedConfig resolve_config(const ConfigValue& tree, const fs::path& yaml_directory,
                            const PathRoots& roots) {
  ConfigErrors errors;
  std::vector<std::string> notices;
  ConfigValue ours = tree;
  resolve_aliases(ours, errors, notices);
  return resolve(ours, yaml_directory, roots, errors, std::move(notices));
}

LoadedConfig load_config(const CommandLine& command_line, const PathRoots& roots) {
  ConfigValue tree;
  fs::path yaml_directory;
  if (!command_line.config_path.empty()) {
    const FoundPath found = find_from_command_line(command_line.config_path, roots);
    if (found.path.empty())
      fail(ErrorCode::kUsage, "configuration file '", command_line.config_path,
           "' does not exist; ", places_tried(found));
    tree = parse_yaml_file(found.path, command_line.config_path);
    yaml_directory = found.path.parent_path();
  }
  ConfigErrors errors;
  std::vector<std::string> notices;
  resolve_aliases(tree, errors, notices);
  for (const Override& change : command_line.overrides) {
    try {
      const Override ours = by_our_name(change);
      if (ours.key != change.key) notices.push_back(change.key + " read as " + ours.key);
      apply_override(ours, tree);
    } catch (const Error& e) {
      errors.add(e.what());  // reported together with everything else
    }
  }
  return resolve(tree, yaml_directory, roots, errors, std::move(notices));
}

}  // namespace hone
