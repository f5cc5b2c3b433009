// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> data_rule_cases() {
  return {
      {"a split that a file lacks",
       "base_model: model\nlearning_rate: 1\ndatasets: [{path: rows.jsonl, split: test}]\n",
       "base_model: model\nlearning_rate: 1\ndatasets: [{path: rows.jsonl, split: train}]\n"},
  };
}

}  // namespace hone
