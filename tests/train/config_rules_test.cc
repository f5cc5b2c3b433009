// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_rules.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/train/config_fixture.h"
#include "tests/train/config_rules/cases.h"
#include "train/config_keys.h"

namespace hone {
namespace {

std::vector<RuleCase> all_cases() {
  std::vector<RuleCase> cases;
  for (const auto& part : {model_rule_cases(), data_rule_cases(), template_rule_cases(),
                           adapter_rule_cases(), training_rule_cases(), evaluation_rule_cases(),
                           checkpoint_rule_cases(), output_rule_cases(), device_rule_cases()})
    cases.insert(cases.end(), part.begin(), part.end());
  return cases;
}

struct RuleText {
  RuleKind kind;
  std::string message;
};

template <class T>
void collect(const std::vector<ConfigRule<T>>& rules, const std::vector<ConfigKey<T>>& keys,
             std::map<std::string, RuleText>& out) {
  for (const ConfigRule<T>& rule : rules) {
    CAPTURE(rule.name);
    CHECK(out.emplace(rule.name, RuleText{rule.kind, std::string(rule.message)}).second);
    CHECK_FALSE(rule.message.empty());
    REQUIRE_FALSE(rule.keys.empty());
    for (const std::string_view key : rule.keys) {
      CAPTURE(key);
      CHECK(find_key(keys, key) != nullptr);
    }
  }
}

std::map<std::string, RuleText> all_rules() {
  std::map<std::string, RuleText> rules;
  collect(train_rules(), train_keys(), rules);
  collect(dataset_rules(), dataset_keys(), rules);
  return rules;
}

std::string whole(const std::string& lines) {
  return lines.find("base_model:") == std::string::npos ? kLeast + lines : lines;
}

// Everything that is said about the text, errors and notices.
std::string said_about(const std::string& yaml) {
  try {
    std::string text;
    for (const std::string& notice : load(yaml).notices) text += notice + "\n";
    return text;
  } catch (const Error& e) {
    return e.what();
  }
}

TEST_CASE("config_rules: every rule has a case") {
  std::set<std::string> tested;
  for (const RuleCase& c : all_cases()) tested.insert(c.rule);
  for (const auto& [name, rule] : all_rules()) {
    CAPTURE(name);
    CHECK(tested.count(name) == 1);
  }
}

TEST_CASE("config_rules: each case is rejected or remarked upon, and its counterpart is not") {
  const auto rules = all_rules();
  for (const RuleCase& c : all_cases()) {
    CAPTURE(c.rule);
    CAPTURE(c.broken);
    CAPTURE(c.fine);
    REQUIRE(rules.count(c.rule) == 1);
    const RuleText& rule = rules.at(c.rule);
    const std::string broken = said_about(whole(c.broken));
    CHECK(broken.find(rule.message) != std::string::npos);
    CHECK((error_of(whole(c.broken)) == "(accepted)") == (rule.kind == RuleKind::kNotice));
    if (rule.kind == RuleKind::kError) {
      // One error, which stands at a key of the file.
      CHECK(broken.starts_with("f.yaml:"));
      CHECK(broken.find("problems in the configuration") == std::string::npos);
    }
    const std::string fine = said_about(whole(c.fine));
    CHECK(error_of(whole(c.fine)) == "(accepted)");
    CHECK(fine.find(rule.message) == std::string::npos);
  }
}

TEST_CASE("config_rules: a message names the other keys with their values and places") {
  CHECK(error_of(kLeast + "warmup_steps: 3\nwarmup_ratio: 0.1\n") ==
        "f.yaml:5:15: warmup_ratio: warmup_steps is set too; keep one of the two (warmup_steps: "
        "'3' at f.yaml:4:15)");
}

TEST_CASE("config_rules: a rule says nothing about keys that could not be read") {
  CHECK(error_of(kLeast + "adapter: loar\nload_in_4bit: true\n").find("problems") ==
        std::string::npos);
}

}  // namespace
}  // namespace hone
