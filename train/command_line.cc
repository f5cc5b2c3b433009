// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/command_line.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "tensor/check.h"
#include "train/config_key_text.h"
#include "train/config_keys.h"
#include "train/yaml.h"

namespace hone {
namespace {

constexpr size_t kHelpColumns = 100;

std::string argument_name(int64_t number) {
  return "command line argument " + std::to_string(number);
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
  const SourcePosition at = {argument_name(change.number)};
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
  const SourcePosition at = {argument_name(change.number)};
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

std::string group_name(KeyGroup group) {
  switch (group) {
    case KeyGroup::kModel:
      return "model";
    case KeyGroup::kData:
      return "data";
    case KeyGroup::kTemplate:
      return "template";
    case KeyGroup::kAdapter:
      return "adapter";
    case KeyGroup::kTraining:
      return "training";
    case KeyGroup::kEvaluation:
      return "evaluation";
    case KeyGroup::kCheckpoint:
      return "checkpoint";
    case KeyGroup::kOutput:
      return "output";
    case KeyGroup::kDevice:
      return "device";
  }
  return "";
}

// "  model      base_model= ..." with further lines indented alike.
std::string group_text(KeyGroup group) {
  constexpr size_t kIndent = 12;
  std::string line = "  " + group_name(group);
  line.resize(kIndent, ' ');
  std::string text;
  for (const ConfigKey<TrainConfig>& key : train_keys()) {
    if (key.use != KeyUse::kHonoured || key.group != group) continue;
    std::string word(key.name);
    if (const std::string value = default_text(key); !value.empty() && !key.required)
      word += "=" + value;
    if (key.required) word += " (required)";
    if (line.size() + word.size() + 2 > kHelpColumns) {
      text += line + "\n";
      line.assign(kIndent, ' ');
    }
    line += (line.back() == ' ' ? "" : "  ") + word;
  }
  return line.find_last_not_of(' ') < kIndent ? text : text + line + "\n";
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine result;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto number = static_cast<int64_t>(i) + 1;
    if (argument == "--help" || argument == "-h") {
      result.help = true;
    } else if (is_override(argument)) {
      const size_t equals = argument.find('=');
      result.overrides.push_back({argument.substr(0, equals), argument.substr(equals + 1), number});
    } else if (argument.starts_with('-') || argument.empty()) {
      const size_t word = std::min(argument.find_first_not_of('-'), argument.size());
      fail(ErrorCode::kUsage, argument_name(number), ": unknown option '", argument, "'; ",
           argument.find('=') == std::string::npos
               ? std::string("settings are written key=value, see --help")
               : "write " + argument.substr(word));
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

void apply_override(const Override& change, ConfigValue& tree) {
  ConfigValue value = read_value(change);
  ConfigValue* node = &tree;
  for (const std::string& step : key_steps(change.key)) node = &descend(*node, step, change);
  *node = std::move(value);
}

std::string help_text() {
  std::string text =
      "usage: finetune [config.yaml] [key=value ...] [--help]\n"
      "\n"
      "Finetunes a model as config.yaml says; a key=value pair overrides the file. Without a file "
      "and\n"
      "without pairs it trains a small model on example rows for about a minute.\n"
      "\n"
      "  finetune train/examples/gsm8k.yaml datasets.0.path=train.jsonl max_steps=40\n"
      "  finetune run.yaml learning_rate=1e-4 lora_target_modules=[q_proj,v_proj] output_dir=run2\n"
      "\n"
      "Dots reach into lists and maps. Paths are relative to where you stand; those inside the "
      "file\n"
      "also to the file's folder and to the workspace root.\n"
      "\n"
      "Keys and their defaults (axolotl's names):\n";
  for (const KeyGroup group : {KeyGroup::kModel, KeyGroup::kData, KeyGroup::kTemplate,
                               KeyGroup::kAdapter, KeyGroup::kTraining, KeyGroup::kEvaluation,
                               KeyGroup::kCheckpoint, KeyGroup::kOutput, KeyGroup::kDevice})
    text += group_text(group);
  text +=
      "\n"
      "Writes metrics.jsonl and the adapter or model to output_dir.\n"
      "Exit codes: 0 done, 1 bug, 2 usage or configuration, 3 dataset, 4 model or tokenizer "
      "files,\n"
      "5 out of memory, 6 loss not finite, 7 peer failed, 8 disk, 9 device.\n";
  return text;
}

}  // namespace hone
