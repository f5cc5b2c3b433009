// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_key_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <span>
#include <variant>

#include "data/nearest_name.h"
#include "data/special_token_names.h"
#include "train/config_yaml.h"

namespace hone {
namespace {

std::string number_text(double x) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x).ptr;
  return std::string(buffer, end);
}

// The key of this use that is nearest, if near enough.
template <class T>
std::string nearest(const std::vector<ConfigKey<T>>& keys, std::string_view name, KeyUse use) {
  std::vector<std::string> names;
  for (const ConfigKey<T>& key : keys)
    if (key.use == use && !key.name.ends_with('*')) names.emplace_back(key.name);
  return nearest_name(name, names);
}

// Refused keys are never suggested.
template <class T>
std::string nearest(const std::vector<ConfigKey<T>>& keys, std::string_view name) {
  if (const std::string key = nearest(keys, name, KeyUse::kHonoured); !key.empty()) return key;
  for (const ConfigKey<T>& key : keys)
    if (key.use == KeyUse::kHonoured && key.name.ends_with("_" + std::string(name)))
      return std::string(key.name);
  return nearest(keys, name, KeyUse::kNoOp);
}

// Calls one function by the type of the member.
template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

template <class T>
std::string expected(const ConfigKey<T>& key) {
  const std::string range = key.range.str();
  const auto words = [](std::span<const Choice> choices) {
    std::string text = "one of ";
    for (size_t i = 0; i < choices.size(); ++i)
      text += (i == 0 ? "" : ", ") + std::string(choices[i].word);
    return text;
  };
  return std::visit(
      Overloaded{
          [](std::monostate) { return std::string("any value"); },
          [](bool T::*) { return std::string("true or false"); },
          [](std::optional<bool> T::*) { return std::string("true or false"); },
          [&](int64_t T::*) { return "an integer" + range; },
          [&](std::optional<int64_t> T::*) { return "an integer" + range; },
          [&](double T::*) { return "a number" + range; },
          [&](std::optional<double> T::*) { return "a number" + range; },
          [](std::optional<ByteSize> T::*) {
            return std::string("an amount of memory such as 12GiB");
          },
          [](std::string T::*) { return std::string("text"); },
          [](std::optional<std::string> T::*) { return std::string("text"); },
          [](std::vector<std::string> T::*) { return std::string("a list of names"); },
          [&](std::vector<int64_t> T::*) { return "a list of integers" + range; },
          [](ModuleSelection T::*) { return std::string("a list of names or one regex"); },
          [&](NamedValues<int64_t> T::*) { return "a map from names to integers" + range; },
          [&](NamedValues<double> T::*) { return "a map from names to numbers" + range; },
          [](std::map<std::string, std::string> T::*) {
            return std::string("a map from names to text");
          },
          [](std::map<std::string, std::vector<std::string>> T::*) {
            return std::string("a map from names to lists of names");
          },
          [](SpecialTokens T::*) {
            std::string text = "a map of";
            for (const std::string_view name : kSpecialTokenNames)
              text += (name == kSpecialTokenNames[0] ? " " : ", ") + std::string(name);
            return text + " to text, and additional_special_tokens to a list";
          },
          [&](DatasetType T::*) {
            return words(row_type_words()) + ", or a map {format: ..., field_instruction: ...}";
          },
          [](InputPath T::*) { return std::string("a path"); },
          [](std::filesystem::path T::*) { return std::string("a path"); },
          [](std::vector<DatasetConfig> T::*) { return std::string("a list of {path: ...}"); },
          [&](const ChoiceMember<T>& member) { return words(member.choices); },
      },
      key.member);
}

template <class T>
std::string example(const ConfigKey<T>& key) {
  if (!key.example.empty()) return std::string(key.example);
  if (const auto* member = std::get_if<ChoiceMember<T>>(&key.member)) {
    // A word for something else than the default.
    static const T defaults = {};
    for (const Choice& choice : member->choices)
      if (choice.value != member->get(defaults)) return std::string(choice.word);
  }
  if (std::holds_alternative<bool T::*>(key.member) ||
      std::holds_alternative<std::optional<bool> T::*>(key.member))
    return default_text(key) == "true" ? "false" : "true";
  if (const std::string text = default_text(key); !text.empty()) return text;
  if (std::holds_alternative<std::optional<int64_t> T::*>(key.member)) return "10";
  if (std::holds_alternative<std::optional<double> T::*>(key.member)) return "0.1";
  return "";
}

}  // namespace

std::string NumberRange::str() const {
  const bool has_low = low > -std::numeric_limits<double>::infinity();
  const bool has_high = high < std::numeric_limits<double>::infinity();
  if (has_low && has_high)
    return std::string(low_open ? " above " : " from ") + number_text(low) +
           (high_open ? " to below " : " to ") + number_text(high);
  if (has_low) return (low_open ? " above " : " of at least ") + number_text(low);
  if (has_high) return (high_open ? " below " : " of at most ") + number_text(high);
  return "";
}

std::string nearest_key(const std::vector<ConfigKey<TrainConfig>>& keys, std::string_view name) {
  return nearest(keys, name);
}
std::string nearest_key(const std::vector<ConfigKey<DatasetConfig>>& keys, std::string_view name) {
  return nearest(keys, name);
}

std::string nearest_key(const std::vector<ConfigKey<OwnPrompt>>& keys, std::string_view name) {
  return nearest(keys, name);
}

std::string expected_text(const ConfigKey<TrainConfig>& key) { return expected(key); }
std::string expected_text(const ConfigKey<DatasetConfig>& key) { return expected(key); }
std::string expected_text(const ConfigKey<OwnPrompt>& key) { return expected(key); }

std::string example_text(const ConfigKey<TrainConfig>& key) { return example(key); }
std::string example_text(const ConfigKey<DatasetConfig>& key) { return example(key); }

std::string default_text(const ConfigKey<TrainConfig>& key) {
  static const TrainConfig defaults;
  return key.required ? "" : value_yaml(key, defaults);
}
std::string default_text(const ConfigKey<DatasetConfig>& key) {
  static const DatasetConfig defaults;
  return key.required ? "" : value_yaml(key, defaults);
}

bool has_pattern_keys(const ConfigKey<TrainConfig>& key) {
  using C = TrainConfig;
  return std::holds_alternative<NamedValues<int64_t> C::*>(key.member) ||
         std::holds_alternative<NamedValues<double> C::*>(key.member);
}

}  // namespace hone
