// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_rules.h"

#include <algorithm>

#include "train/config_rules/lines.h"

namespace hone {
namespace {

using config_rules::TrainRules;

template <class T>
void append(std::vector<ConfigRule<T>>& rules, std::vector<ConfigRule<T>> more) {
  std::move(more.begin(), more.end(), std::back_inserter(rules));
}

TrainRules all_rules() {
  TrainRules rules;
  append(rules, config_rules::model_rules());
  append(rules, config_rules::data_rules());
  append(rules, config_rules::template_rules());
  append(rules, config_rules::adapter_rules());
  append(rules, config_rules::training_rules());
  append(rules, config_rules::evaluation_rules());
  append(rules, config_rules::checkpoint_rules());
  append(rules, config_rules::output_rules());
  append(rules, config_rules::device_rules());
  return rules;
}

// "warmup_ratio: warmup_steps is set too; keep one of the two (warmup_steps: '3' at f.yaml:4:15)"
template <class T>
std::string sentence(const ConfigRule<T>& rule, const GivenKeys& given, const std::string& prefix,
                     SourcePosition& at) {
  std::string first(rule.keys.front()), others;
  bool found = false;
  for (const std::string_view key : rule.keys) {
    const ConfigValue* value = given.value(key);
    if (value == nullptr) continue;
    if (!found) {
      found = true;
      first = key;
      at = value->at;
    } else {
      others += (others.empty() ? " (" : ", ") + prefix + std::string(key) + ": " +
                value->describe() + " at " + value->at.str();
    }
  }
  return prefix + first + ": " + std::string(rule.message) + others + (others.empty() ? "" : ")");
}

template <class T>
void check_map(const std::vector<ConfigRule<T>>& rules, const T& config, const ConfigValue& tree,
               const std::string& prefix, ConfigErrors& errors, std::vector<std::string>& notices) {
  const GivenKeys given(tree);
  for (const ConfigRule<T>& rule : rules) {
    const bool unread =
        std::any_of(rule.keys.begin(), rule.keys.end(), [&](const std::string_view key) {
          const ConfigValue* value = given.value(key);
          return value != nullptr && errors.has(value->at);
        });
    if (unread || !rule.broken(config, given)) continue;
    SourcePosition at = tree.at;
    const std::string text = sentence(rule, given, prefix, at);
    if (rule.kind == RuleKind::kError)
      errors.add(at, text);
    else
      notices.push_back(text);
  }
}

}  // namespace

const ConfigValue* GivenKeys::value(std::string_view key) const {
  const ConfigValue* found = tree_.find(key);
  return found != nullptr && !found->is_null() ? found : nullptr;
}

bool GivenKeys::on(std::string_view key) const {
  const ConfigValue* found = value(key);
  return found != nullptr && !found->is_off();
}

std::string_view GivenKeys::text(std::string_view key) const {
  const ConfigValue* found = value(key);
  return found != nullptr ? std::string_view(found->text) : std::string_view();
}

const TrainRules& train_rules() {
  static const TrainRules rules = all_rules();
  return rules;
}

const std::vector<ConfigRule<DatasetConfig>>& dataset_rules() {
  static const std::vector<ConfigRule<DatasetConfig>> rules = [] {
    std::vector<ConfigRule<DatasetConfig>> all = config_rules::dataset_item_rules();
    append(all, config_rules::dataset_template_rules());
    return all;
  }();
  return rules;
}

void check_rules(const TrainConfig& config, const ConfigValue& tree, ConfigErrors& errors,
                 std::vector<std::string>& notices) {
  check_map(train_rules(), config, tree, "", errors, notices);
  const auto check_items = [&](const std::string& name, const std::vector<DatasetConfig>& items) {
    const ConfigValue* list = tree.find(name);
    if (list == nullptr || list->items.size() != items.size()) return;
    for (size_t i = 0; i < items.size(); ++i)
      check_map(dataset_rules(), items[i], list->items[i], name + "." + std::to_string(i) + ".",
                errors, notices);
  };
  check_items("datasets", config.datasets);
  check_items("test_datasets", config.test_datasets);
}

}  // namespace hone
