// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules between the keys of one item of datasets.
#include "train/config_rules/lines.h"

namespace hone::config_rules {

std::vector<ConfigRule<DatasetConfig>> dataset_item_rules() {
  using D = DatasetConfig;
  using G = GivenKeys;
  return {
      error<D>(
          "a split that a file lacks", {"split"},
          [](const D& d, const G&) { return d.split != "train"; },
          "a .jsonl file has the one split 'train'"),
  };
}

}  // namespace hone::config_rules
