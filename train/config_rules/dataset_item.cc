// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules between the keys of one item of datasets.
#include <algorithm>

#include "data/split_slice.h"
#include "train/config_rules/lines.h"

namespace hone::config_rules {

std::vector<ConfigRule<DatasetConfig>> dataset_item_rules() {
  using D = DatasetConfig;
  using G = GivenKeys;
  return {
      error<D>(
          "a split that is none", {"split"},
          [](const D& d, const G&) { return !parse_split_sum(d.split); },
          "expected a name, with a part of it or without: train, train[:20%], train[100:200]; or "
          "several with + between them"),
      error<D>(
          "a split without rows", {"split"},
          [](const D& d, const G&) {
            const auto slices = parse_split_sum(d.split);
            return slices && std::any_of(slices->begin(), slices->end(),
                                         [](const SplitSlice& slice) { return slice.is_empty(); });
          },
          "takes no row: it ends where it begins, or before; write the smaller bound first, as in "
          "train[10:50]"),
      error<D>(
          "a table of rows", {"ds_type"},
          [](const D& d, const G&) {
            return !d.ds_type.empty() && d.ds_type != "json" && d.ds_type != "jsonl";
          },
          "expected json or jsonl; convert others first, for instance with python3 -c \"import "
          "pandas; pandas.read_parquet('FILE').to_json('FILE.jsonl', orient='records', lines=True, "
          "force_ascii=False)\""),
      error<D>(
          "a shard that there is not", {"shards_idx", "shards"},
          [](const D& d, const G&) { return d.shards_idx >= d.shards; },
          "there are only shards 0 to shards - 1"),
      error<D>(
          "an end mark that is none", {"train_on_eot"},
          [](const D& d, const G&) {
            return !d.train_on_eot.empty() && !parse_train_on_mark(d.train_on_eot);
          },
          "expected turn, all, last or none"),
      error<D>(
          "a role twice", {"message_property_mappings", "message_field_role"},
          [](const D& d, const G&) {
            return d.message_property_mappings.contains("role") && !d.message_field_role.empty();
          },
          "both say where the role is; keep message_property_mappings"),
      error<D>(
          "a content twice", {"message_property_mappings", "message_field_content"},
          [](const D& d, const G&) {
            return d.message_property_mappings.contains("content") &&
                   !d.message_field_content.empty();
          },
          "both say where the content is; keep message_property_mappings"),
      error<D>(
          "characters of a content that is split",
          {"message_field_training_detail", "split_thinking"},
          [](const D& d, const G&) {
            return d.split_thinking && !d.message_field_training_detail.empty();
          },
          "its offsets count the content before split_thinking takes the reasoning out; use one of "
          "the two"),
      error<D>(
          "a prompt without its instruction", {"type"},
          [](const D& d, const G&) {
            return d.type.word == RowType::kOwnPrompt &&
                   d.type.prompt.format.find("{instruction}") == std::string::npos;
          },
          "its format has no {instruction}, so every prompt would be the same"),
  };
}

}  // namespace hone::config_rules
