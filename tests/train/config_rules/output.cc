// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> output_rule_cases() {
  return {
      {"output over the model", "output_dir: model\n", "output_dir: model2\n"},
      {"output over an input", "output_dir: .\n", "output_dir: out\n"},
      {"output over an input", "output_dir: run\nlora_model_dir: run/adapter\nadapter: lora\n",
       "output_dir: run2\nlora_model_dir: run/adapter\nadapter: lora\n"},
      {"output is a file", "output_dir: rows.jsonl\n", "output_dir: data\n"},
      {"links in the output", "output_dir: linked\n", "output_dir: data\n"},
  };
}

}  // namespace hone
