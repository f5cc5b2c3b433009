// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/explain_key.h"

#include <algorithm>
#include <string_view>

#include "tensor/check.h"
#include "train/config_aliases.h"
#include "train/config_key_text.h"
#include "train/config_keys.h"
#include "train/config_rules.h"

namespace hone {
namespace {

constexpr size_t kColumns = 98;

// "  name      text", broken at spaces, further lines indented alike.
std::string paragraph(std::string_view name, std::string_view text) {
  constexpr size_t kIndent = 12;
  std::string result, line = "  " + std::string(name);
  line.resize(std::max(kIndent, line.size() + 1), ' ');
  bool empty = true;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    if (!empty && line.size() + 1 + space > kColumns) {
      result += line + "\n";
      line.assign(kIndent, ' ');
      empty = true;
    }
    line += (empty ? "" : " ") + std::string(text.substr(0, space));
    empty = false;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return result + line + "\n";
}

template <class T>
std::string kind_text(const ConfigKey<T>& key) {
  switch (key.use) {
    case KeyUse::kHonoured:
      return key.required ? "honoured, required" : "honoured";
    case KeyUse::kNoOp:
      return "accepted, without effect";
    case KeyUse::kRefused:
      break;
  }
  std::string text = "refused, unless it is off (empty, false, 0)";
  if (!key.allowed.empty()) text += " or " + std::string(key.allowed);
  return text;
}

template <class T>
std::string rules_text(const std::vector<ConfigRule<T>>& rules, std::string_view name) {
  std::string text;
  for (const ConfigRule<T>& rule : rules) {
    if (std::find(rule.keys.begin(), rule.keys.end(), name) == rule.keys.end()) continue;
    std::string keys;
    for (const std::string_view key : rule.keys)
      if (key != name) keys += (keys.empty() ? "" : ", ") + std::string(key);
    const std::string with = keys.empty() ? "" : "with " + keys + ": ";
    text += paragraph(text.empty() ? "rules" : "",
                      std::string(rule.name) + " (" +
                          (rule.kind == RuleKind::kError ? "error" : "note") + "): " + with +
                          std::string(rule.message));
  }
  return text;
}

std::string other_names(std::string_view name) {
  std::string text;
  for (const KeyAlias& alias : key_aliases())
    if (alias.key == name)
      text += (text.empty() ? "" : ", ") + std::string(alias.name) + " (" +
              std::string(alias.programs) + ")";
  return text;
}

template <class T>
std::string explain(const ConfigKey<T>& key, const std::string& name,
                    const std::vector<ConfigRule<T>>& rules) {
  std::string text = name + "\n";
  const bool of_item = name.find('.') != std::string::npos;
  text += paragraph("group", name_of(of_item ? KeyGroup::kData : key.group));
  text += paragraph("kind", kind_text(key));
  text += paragraph(key.use == KeyUse::kHonoured ? "meaning" : "why", key.meaning);
  if (key.use == KeyUse::kHonoured) {
    text += paragraph("type", expected_text(key));
    const std::string value = default_text(key);
    text += paragraph("default", key.required    ? "none, must be given"
                                 : value.empty() ? "not given"
                                                 : value);
    const size_t dot = name.rfind('.');
    text += paragraph(
        "example", name.substr(dot == std::string::npos ? 0 : dot + 1) + ": " + example_text(key));
    if (!key.others.empty()) text += paragraph("others", key.others);
    if (const auto* member = std::get_if<ChoiceMember<T>>(&key.member))
      for (const Choice& choice : member->choices)
        if (!choice.note.empty())
          text += paragraph("", std::string(choice.word) + ": " + std::string(choice.note));
  }
  if (const std::string names = other_names(key.name); !names.empty() && name == key.name)
    text += paragraph("also", names);
  return text + rules_text(rules, key.name);
}

// "datasets.0.type" -> "type"; "" when the name is not of an item of datasets.
std::string_view item_key(std::string_view name) {
  for (const std::string_view list : {"datasets.", "test_datasets."}) {
    if (!name.starts_with(list)) continue;
    std::string_view rest = name.substr(list.size());
    const size_t dot = rest.find('.');
    const bool index = dot != std::string_view::npos && rest.substr(0, dot).find_first_not_of(
                                                            "0123456789") == std::string_view::npos;
    return index ? rest.substr(dot + 1) : rest;
  }
  return "";
}

[[noreturn]] void unknown(const std::string& name, const std::string& nearest) {
  fail(ErrorCode::kUsage, "there is no key '", name, "'",
       nearest.empty() ? std::string("; 'finetune explain' lists all")
                       : "; did you mean '" + nearest + "'?");
}

}  // namespace

std::string explain_key(const std::string& name) {
  if (const std::string_view item = item_key(name); !item.empty()) {
    const ConfigKey<DatasetConfig>* key = find_key(dataset_keys(), item);
    if (key == nullptr) {
      const std::string nearest = nearest_key(dataset_keys(), item);
      unknown(name, nearest.empty() ? "" : "datasets." + nearest);
    }
    return explain(*key, "datasets." + std::string(item), dataset_rules());
  }
  if (const KeyAlias* alias = find_alias(name); alias != nullptr)
    return name + ": " + std::string(alias->programs) + "'s name of\n" +
           explain_key(std::string(alias->key));
  const ConfigKey<TrainConfig>* key = find_key(train_keys(), name);
  if (key == nullptr) unknown(name, nearest_key(train_keys(), name));
  return explain(*key, name, train_rules());
}

std::string explain_groups() {
  std::string text =
      "Keys of a configuration. 'finetune explain KEY' tells more about one of them.\n";
  const auto names = [](auto&& keys, KeyUse use, KeyGroup group) {
    std::string line;
    for (const auto& key : keys)
      if (key.use == use && key.group == group)
        line += (line.empty() ? "" : " ") + std::string(key.name);
    return line;
  };
  for (const KeyGroup group : kKeyGroups) {
    text += "\n" + std::string(name_of(group)) + "\n";
    for (const auto& [use, word] :
         {std::pair(KeyUse::kHonoured, "honoured"), std::pair(KeyUse::kNoOp, "no effect"),
          std::pair(KeyUse::kRefused, "refused")})
      if (const std::string line = names(train_keys(), use, group); !line.empty())
        text += paragraph(word, line);
  }
  text += "\nan item of datasets (datasets.KEY)\n";
  for (const auto& [use, word] :
       {std::pair(KeyUse::kHonoured, "honoured"), std::pair(KeyUse::kNoOp, "no effect"),
        std::pair(KeyUse::kRefused, "refused")}) {
    std::string line;
    for (const ConfigKey<DatasetConfig>& key : dataset_keys())
      if (key.use == use) line += (line.empty() ? "" : " ") + std::string(key.name);
    if (!line.empty()) text += paragraph(word, line);
  }
  return text;
}

}  // namespace hone
