// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> data_rule_cases() {
  const auto item = [](const std::string& keys) {
    return "base_model: model\nlearning_rate: 1\ndatasets: [{path: rows.jsonl, " + keys + "}]\n";
  };
  const std::string both = "message_property_mappings: {role: from, content: value}, ";
  return {
      {"characters of a content that is split",
       item("message_field_training_detail: spans, split_thinking: true"),
       item("message_field_training_detail: spans, split_thinking: false")},
      {"batch flattening and packing", "batch_flattening: true\nsample_packing: true\n",
       "batch_flattening: auto\nsample_packing: true\n"},
      {"streaming without max_steps", "streaming: true\n", "streaming: true\nmax_steps: 10\n"},
      {"pushing a dataset without a token", "push_dataset_to_hub: org/rows\n",
       "push_dataset_to_hub: org/rows\nhf_use_auth_token: true\n"},
      {"packing without padding", "pad_to_sequence_len: false\nsample_packing: true\n",
       "pad_to_sequence_len: true\nsample_packing: true\n"},
      {"a split that is none", item("split: 'train[20]'"), item("split: 'train[:20%]'")},
      {"a split without rows", item("split: 'train[:5]+train[50:10]'"),
       item("split: 'train[:5]+train[10:50]'")},
      {"all rows held out", "val_set_size: 1.0\n", "val_set_size: 1\n"},
      {"a part of a row held out", "val_set_size: 2.5\n", "val_set_size: 2.0\n"},
      {"a table of rows", item("ds_type: parquet"), item("ds_type: json")},
      {"a shard that there is not", item("shards: 2, shards_idx: 2"),
       item("shards: 2, shards_idx: 1")},
      {"an end mark that is none", item("train_on_eot: always"), item("train_on_eot: last")},
      {"a role twice", item(both + "message_field_role: who"),
       item("message_field_role: who, message_property_mappings: {content: value}")},
      {"a content twice", item(both + "message_field_content: said"),
       item("message_field_content: said, message_property_mappings: {role: from}")},
      {"a prompt without its instruction", item("type: {format: 'Q: A: '}"),
       item("type: {format: 'Q: {instruction} A: '}")},
      {"two sources of evaluation rows", "val_set_size: 0.1\ntest_datasets: [{path: rows.jsonl}]\n",
       "val_set_size: 0\ntest_datasets: [{path: rows.jsonl}]\n"},
      {"rows to drop that are as long as rows can be", "sequence_len: 64\nmin_sample_len: 65\n",
       "sequence_len: 64\nmin_sample_len: 64\n"},
      {"packing in order is what happens", "sample_packing_sequentially: true\n",
       "sample_packing_sequentially: true\nsample_packing: true\n"},
  };
}

}  // namespace hone
