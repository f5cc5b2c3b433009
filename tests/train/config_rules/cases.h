// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// For every rule between keys: lines that break it, and lines like them that do not.
#pragma once

#include <string>
#include <vector>

namespace hone {

// The lines follow those of kLeast, or are a whole file if they set base_model.
struct RuleCase {
  std::string rule;  // its name
  std::string broken;
  std::string fine;  // accepted, and the rule's message absent
};

std::vector<RuleCase> model_rule_cases();
std::vector<RuleCase> data_rule_cases();
std::vector<RuleCase> template_rule_cases();
std::vector<RuleCase> adapter_rule_cases();
std::vector<RuleCase> training_rule_cases();
std::vector<RuleCase> evaluation_rule_cases();
std::vector<RuleCase> checkpoint_rule_cases();
std::vector<RuleCase> output_rule_cases();
std::vector<RuleCase> device_rule_cases();

}  // namespace hone
