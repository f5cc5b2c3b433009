// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> adapter_rule_cases() {
  const std::string linear = "lora_target_linear: true\n";
  const std::string experts =
      "adapter: lora\nlora_target_parameters: [mlp.experts.down_proj]\nlora_dropout: ";
  return {
      {"4-bit without adapter", "load_in_4bit: true\n",
       linear + "adapter: qlora\nload_in_4bit: true\n"},
      {"qlora without 4-bit", linear + "adapter: qlora\n",
       linear + "adapter: qlora\nload_in_4bit: true\n"},
      {"adapter without targets", "adapter: lora\n", "adapter: lora\n" + linear},
      {"dropout on parameters", experts + "0.1\n", experts + "0\n"},
      {"lora keys without adapter", linear, linear + "adapter: lora\n"},
  };
}

}  // namespace hone
