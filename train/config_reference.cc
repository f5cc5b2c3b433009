// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_reference.h"

#include <map>
#include <string_view>
#include <vector>

#include "tensor/check.h"
#include "train/config_aliases.h"
#include "train/config_key_text.h"
#include "train/config_keys.h"
#include "train/config_rules.h"

namespace hone {
namespace {

// For a table cell: bars end cells.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

template <class T>
std::string honoured_rows(const std::vector<ConfigKey<T>>& keys, KeyGroup group) {
  std::string text;
  for (const ConfigKey<T>& key : keys) {
    if (key.use != KeyUse::kHonoured || key.group != group) continue;
    const std::string value = default_text(key);
    text += "| `" + std::string(key.name) + "` | " + cell(key.meaning) + " | " +
            cell(expected_text(key)) + " | " +
            (key.required    ? "required"
             : value.empty() ? ""
                             : "`" + value + "`") +
            " |\n";
  }
  if (text.empty()) return "";
  return "| key | meaning | value | default |\n|---|---|---|---|\n" + text + "\n";
}

// One line per reason.
template <class T>
std::string other_rows(const std::vector<ConfigKey<T>>& keys, KeyGroup group, KeyUse use,
                       std::string_view title) {
  std::vector<std::pair<std::string_view, std::string>> reasons;
  for (const ConfigKey<T>& key : keys) {
    if (key.use != use || key.group != group) continue;
    auto reason = reasons.begin();
    while (reason != reasons.end() && reason->first != key.meaning) ++reason;
    if (reason == reasons.end()) reason = reasons.insert(reason, {key.meaning, ""});
    reason->second += (reason->second.empty() ? "`" : ", `") + std::string(key.name) + "`";
    if (!key.allowed.empty()) reason->second += " (but `" + std::string(key.allowed) + "`)";
  }
  std::string text;
  for (const auto& [why, names] : reasons) text += "- " + names + ": " + std::string(why) + "\n";
  return text.empty() ? "" : std::string(title) + ":\n\n" + text + "\n";
}

template <class T>
std::string group_section(const std::vector<ConfigKey<T>>& keys, KeyGroup group,
                          const std::string& title) {
  const std::string text =
      honoured_rows(keys, group) +
      other_rows(keys, group, KeyUse::kNoOp, "Accepted without effect, said once") +
      other_rows(keys, group, KeyUse::kRefused, "Refused unless off (empty, `false`, `0`)");
  return text.empty() ? "" : "#### " + title + "\n\n" + text;
}

std::string alias_section() {
  std::string text =
      "#### Names of other programs\n\nRead as the key beside them, which is said once.\n\n"
      "| name | read as | whose |\n|---|---|---|\n";
  for (const KeyAlias& alias : key_aliases())
    text += "| `" + std::string(alias.name) + "` | `" + std::string(alias.key) + "` | " +
            std::string(alias.programs) + " |\n";
  return text + "\n";
}

template <class T>
std::string rule_lines(const std::vector<ConfigRule<T>>& rules) {
  std::string text;
  for (const ConfigRule<T>& rule : rules) {
    std::string keys;
    for (const std::string_view key : rule.keys)
      keys += (keys.empty() ? "`" : ", `") + std::string(key) + "`";
    text += "- " + keys + (rule.kind == RuleKind::kError ? " (error): " : " (note): ") +
            std::string(rule.message) + "\n";
  }
  return text;
}

}  // namespace

std::string config_reference() {
  std::string text;
  for (const KeyGroup group : kKeyGroups)
    text += group_section(train_keys(), group, std::string(name_of(group)));
  text += group_section(dataset_keys(), KeyGroup::kModel, "an item of datasets");
  return text + alias_section() + "#### Rules between keys\n\n" + rule_lines(train_rules()) +
         rule_lines(dataset_rules()) + "\n";
}

std::string with_config_reference(const std::string& readme) {
  const size_t begin = readme.find(kReferenceBegin);
  const size_t end = readme.find(kReferenceEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    fail(ErrorCode::kUsage, "config reference: the marks '", kReferenceBegin, "' and '",
         kReferenceEnd, "' are missing");
  return readme.substr(0, begin) + kReferenceBegin + "\n" + config_reference() + readme.substr(end);
}

}  // namespace hone
