// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/command_line.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "data/nearest_name.h"
#include "tensor/check.h"
#include "train/config_aliases.h"
#include "train/config_key_text.h"
#include "train/config_keys.h"
#include "train/yaml.h"

namespace hone {
namespace {

std::string argument_name(int64_t number) {
  return "command line argument " + std::to_string(number);
}

std::string argument_name(const Override& change) {
  return argument_name(change.number) + (change.option.empty() ? "" : ", " + change.option);
}

// "key=value" and not a file name that contains '='.
bool is_override(std::string_view argument) {
  const size_t equals = argument.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  const auto first = static_cast<unsigned char>(argument[0]);
  return (std::isalpha(first) || first == '_') &&
         argument.substr(0, equals).find('/') == std::string_view::npos;
}

// The steps of a dotted key. After a key whose own keys are patterns the rest is one step, because
// patterns contain dots.
std::vector<std::string> key_steps(const std::string& dotted) {
  std::vector<std::string> steps;
  std::string_view rest = dotted;
  while (true) {
    const size_t dot = rest.find('.');
    steps.emplace_back(rest.substr(0, dot));
    if (dot == std::string_view::npos) return steps;
    rest.remove_prefix(dot + 1);
    const ConfigKey<TrainConfig>* key = find_key(train_keys(), steps[0]);
    if (key != nullptr && has_pattern_keys(*key)) {
      steps.emplace_back(rest);
      return steps;
    }
  }
}

bool is_index(std::string_view step) {
  constexpr size_t kMostDigits = 6;
  return !step.empty() && step.size() <= kMostDigits &&
         std::all_of(step.begin(), step.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A positioned value from the text after '='.
ConfigValue read_value(const Override& change) {
  const SourcePosition at = {argument_name(change)};
  const std::string& text = change.value;
  ConfigValue value;
  if (!text.empty() && std::string_view("[{\"'").find(text[0]) != std::string_view::npos) {
    value = parse_yaml(text, at.source);
  } else if (!text.empty() && text != "~" && text != "null") {
    value.kind = ConfigValue::Kind::kScalar;
    value.text = text;
  }
  // Lines and columns within an argument help nobody: the argument is the position.
  const auto set_position = [&](auto&& self, ConfigValue& v) -> void {
    v.at = at;
    for (ConfigValue& item : v.items) self(self, item);
    for (ConfigEntry& entry : v.entries) {
      entry.at = at;
      self(self, entry.value);
    }
  };
  set_position(set_position, value);
  return value;
}

// The child of `node` that `step` names, made when it is missing.
ConfigValue& descend(ConfigValue& node, const std::string& step, const Override& change) {
  const SourcePosition at = {argument_name(change)};
  const auto reject = [&](const auto&... parts) {
    fail(ErrorCode::kUsage, at.str(), ": ", change.key, ": ", parts...);
  };
  if (step.empty()) reject("a name is missing beside a dot");
  if (node.is_null()) {
    node.kind = is_index(step) ? ConfigValue::Kind::kList : ConfigValue::Kind::kMap;
    node.at = at;
  }
  if (node.kind == ConfigValue::Kind::kList) {
    const size_t size = node.items.size();
    const size_t index = is_index(step) ? std::stoul(step) : size + 1;
    if (index > size)
      reject("'", step, "' is not an index from 0 to ", size, " (", size, " appends)");
    if (index == size) node.items.emplace_back();
    return node.items[index];
  }
  if (node.kind == ConfigValue::Kind::kScalar)
    reject("cannot set '", step, "' inside ", node.describe(), ", which has no parts");
  for (ConfigEntry& entry : node.entries)
    if (entry.key == step) return entry.value;
  node.entries.push_back({step, at, {}});
  return node.entries.back().value;
}

constexpr std::string_view kDryRun = "--dry-run", kMemoryCap = "--memory-cap";

// What to do instead of an option that there is not.
std::string advice(const std::string& option) {
  const size_t equals = std::min(option.find('='), option.size());
  if (option == kMemoryCap) return "expected --memory-cap=BYTES, 12GiB say";
  if (const std::string near = nearest_name(
          option.substr(0, equals), {"--help", std::string(kDryRun), std::string(kMemoryCap)});
      !near.empty())
    return "did you mean '" + near + "'?";
  if (equals == option.size()) return "settings are written key=value, see --help";
  return "write " + option.substr(std::min(option.find_first_not_of('-'), option.size()));
}

CommandLine parse_explain(const std::vector<std::string>& arguments) {
  if (arguments.size() > 2)
    fail(ErrorCode::kUsage, argument_name(3), ": explain takes one key, '", arguments[2],
         "' is a second one");
  CommandLine result;
  result.explain = true;
  if (arguments.size() == 2) result.explain_key = arguments[1];
  return result;
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments[0] == "explain") return parse_explain(arguments);
  CommandLine result;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto number = static_cast<int64_t>(i) + 1;
    if (argument == "--help" || argument == "-h") {
      result.help = true;
    } else if (argument == kDryRun) {
      result.overrides.push_back({"dry_run", "true", number, std::string(kDryRun)});
    } else if (argument.starts_with(std::string(kMemoryCap) + "=")) {
      result.overrides.push_back({"memory_limit", argument.substr(kMemoryCap.size() + 1), number,
                                  std::string(kMemoryCap)});
    } else if (is_override(argument)) {
      const size_t equals = argument.find('=');
      result.overrides.push_back({argument.substr(0, equals), argument.substr(equals + 1), number});
    } else if (argument.starts_with('-') || argument.empty()) {
      fail(ErrorCode::kUsage, argument_name(number), ": unknown option '", argument, "'; ",
           advice(argument));
    } else if (!result.config_path.empty()) {
      fail(ErrorCode::kUsage, argument_name(number), ": '", argument,
           "' is a second configuration file after '", result.config_path,
           "'; settings are written key=value");
    } else {
      result.config_path = argument;
    }
  }
  return result;
}

bool is_quickstart(const CommandLine& command_line) {
  const auto names_model = [](const Override& change) {
    const KeyAlias* alias = find_alias(change.key);
    return change.key == "base_model" || (alias != nullptr && alias->key == "base_model");
  };
  return command_line.config_path.empty() &&
         std::none_of(command_line.overrides.begin(), command_line.overrides.end(), names_model);
}

void apply_override(const Override& change, ConfigValue& tree) {
  ConfigValue value = read_value(change);
  ConfigValue* node = &tree;
  for (const std::string& step : key_steps(change.key)) node = &descend(*node, step, change);
  *node = std::move(value);
}

}  // namespace hone
