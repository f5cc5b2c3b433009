// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_yaml.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstdio>

#include "data/special_token_names.h"

namespace hone {
namespace {

std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(int64_t value) { return std::to_string(value); }
// The shortest digits that read back as the same number.
std::string text_of(double value) {
  std::array<char, 32> buffer = {};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}
std::string text_of(const ByteSize& value) { return std::to_string(value.bytes); }
std::string text_of(const std::string& value) { return yaml_scalar(value); }
std::string text_of(const std::filesystem::path& value) {
  return value.empty() ? "" : yaml_scalar(value.string());
}
std::string text_of(const InputPath& value) {
  return text_of(value.by_name || value.path.empty() ? value.written : value.path.string());
}

std::string text_of(const DatasetConfig& value);
std::string text_of(const DatasetType& value);

template <class V>
std::string text_of(const std::optional<V>& value) {
  return value ? text_of(*value) : "";
}
template <class V>
std::string text_of(const std::vector<V>& values) {
  std::string text;
  for (const V& value : values) text += (text.empty() ? "" : ", ") + text_of(value);
  return text.empty() ? "" : "[" + text + "]";
}
template <class Members>
std::string members_text(const Members& values) {
  std::string text;
  for (const auto& [key, value] : values)
    text += (text.empty() ? "" : ", ") + yaml_scalar(key) + ": " + text_of(value);
  return text.empty() ? "" : "{" + text + "}";
}
template <class V>
std::string text_of(const std::map<std::string, V>& values) {
  return members_text(values);
}
template <class V>
std::string text_of(const NamedValues<V>& values) {
  return members_text(values);
}
std::string text_of(const SpecialTokens& value) {
  std::string text;
  const auto add = [&](const std::string& key, const std::string& part) {
    if (!part.empty()) text += (text.empty() ? "" : ", ") + key + ": " + part;
  };
  for (const auto& [key, token] : value.texts) add(key, text_of(token));
  add(std::string(kAdditionalSpecialTokens), text_of(value.additional));
  return text.empty() ? "" : "{" + text + "}";
}
std::string text_of(const ModuleSelection& value) {
  return value.pattern.empty() ? text_of(value.names) : text_of(value.pattern);
}

std::string text_of(const DatasetConfig& value) {
  std::string text;
  for (const ConfigKey<DatasetConfig>& key : dataset_keys()) {
    if (key.use != KeyUse::kHonoured) continue;
    const std::string part = value_yaml(key, value);
    if (!part.empty()) text += (text.empty() ? "" : ", ") + std::string(key.name) + ": " + part;
  }
  return "{" + text + "}";
}

template <class T>
std::string member_text(const ConfigKey<T>& key, const T& config) {
  return std::visit(
      [&](const auto& member) -> std::string {
        using M = std::decay_t<decltype(member)>;
        if constexpr (std::is_same_v<M, std::monostate>) {
          return "";
        } else if constexpr (std::is_same_v<M, ChoiceMember<T>>) {
          for (const Choice& choice : member.choices)
            if (choice.value == member.get(config)) return yaml_scalar(std::string(choice.word));
          return "";
        } else if constexpr (std::is_same_v<M, std::string T::*>) {
          return (config.*member).empty() ? "" : text_of(config.*member);
        } else if constexpr (std::is_same_v<M, InputPath T::*>) {
          return (config.*member).given() ? text_of(config.*member) : "";
        } else {
          return text_of(config.*member);
        }
      },
      key.member);
}

std::string text_of(const DatasetType& value) {
  std::string text;
  if (value.word != RowType::kOwnPrompt) {
    for (const Choice& choice : row_type_words())
      if (choice.value == static_cast<int>(value.word))
        return yaml_scalar(std::string(choice.word));
    return text;
  }
  for (const ConfigKey<OwnPrompt>& key : own_prompt_keys())
    if (const std::string part = member_text(key, value.prompt); !part.empty())
      text += (text.empty() ? "" : ", ") + std::string(key.name) + ": " + part;
  return "{" + text + "}";
}

}  // namespace

std::string yaml_scalar(const std::string& text) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("_./-+").find(c) != std::string_view::npos;
  };
  const bool word = !text.empty() && std::all_of(text.begin(), text.end(), plain) &&
                    (std::isalnum(static_cast<unsigned char>(text[0])) || text[0] == '/');
  if (word && text != "null" && text != "Null" && text != "NULL") return text;
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> code = {};
      std::snprintf(code.data(), code.size(), "\\x%02x", byte);
      quoted += code.data();
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string value_yaml(const ConfigKey<TrainConfig>& key, const TrainConfig& config) {
  return member_text(key, config);
}
std::string value_yaml(const ConfigKey<DatasetConfig>& key, const DatasetConfig& config) {
  return member_text(key, config);
}

std::string config_yaml(const TrainConfig& config) {
  std::string text;
  for (const KeyGroup group : kKeyGroups) {
    std::string lines;
    for (const ConfigKey<TrainConfig>& key : train_keys()) {
      if (key.use != KeyUse::kHonoured || key.group != group) continue;
      const std::string value = value_yaml(key, config);
      if (!value.empty()) lines += std::string(key.name) + ": " + value + "\n";
    }
    if (!lines.empty())
      text += (text.empty() ? "# " : "\n# ") + std::string(name_of(group)) + "\n" + lines;
  }
  return text;
}

}  // namespace hone
