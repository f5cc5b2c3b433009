// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> data_rule_cases() {
  return {
      {"a split that a file lacks",
       "base_model: model\nlearning_rate: 1\ndatasets: [{path: rows.jsonl, split: test}]\n",
       "base_model: model\nlearning_rate: 1\ndatasets: [{path: rows.jsonl, split: train}]\n"},
      {"batch flattening and packing", "batch_flattening: true\nsample_packing: true\n",
       "batch_flattening: auto\nsample_packing: true\n"},
      {"streaming without max_steps", "streaming: true\n", "streaming: true\nmax_steps: 10\n"},
      {"pushing a dataset without a token", "push_dataset_to_hub: org/rows\n",
       "push_dataset_to_hub: org/rows\nhf_use_auth_token: true\n"},
      {"packing without padding", "pad_to_sequence_len: false\nsample_packing: true\n",
       "pad_to_sequence_len: true\nsample_packing: true\n"},
  };
}

}  // namespace hone
