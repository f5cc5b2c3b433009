// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Examples of random tokens, for tests of what happens after the data is read.
#pragma once

#include <vector>

#include "data/dataset.h"
#include "tensor/random.h"

namespace hone::test {

// One example per length; the last half of each is labels. Ids are below `vocab`. Lines count
// from 1 in the file "random.jsonl".
inline Dataset random_dataset(const std::vector<int64_t>& lengths, int32_t vocab) {
  DatasetBuilder dataset;
  dataset.add_file("random.jsonl");
  const RandomStream random(3, "dataset");
  uint64_t drawn = 0;
  int64_t line = 0;
  for (const int64_t length : lengths) {
    std::vector<int32_t> ids;
    std::vector<uint8_t> is_label;
    for (int64_t i = 0; i < length; ++i) {
      ids.push_back(static_cast<int32_t>(random.bits(drawn++) % static_cast<uint32_t>(vocab)));
      is_label.push_back(i > 0 && i >= length / 2);
    }
    dataset.add({ids, is_label}, ++line);
  }
  return dataset.finish();
}

}  // namespace hone::test
