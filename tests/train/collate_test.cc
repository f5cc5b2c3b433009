// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/collate.h"

#include <doctest/doctest.h>

#include "tensor/check.h"

namespace hone {
namespace {

using Ids = std::vector<int64_t>;

Dataset two_examples() {
  Dataset dataset;
  dataset.add_file("rows.jsonl");
  dataset.add(std::vector<int32_t>{11, 12, 13}, std::vector<uint8_t>{0, 0, 1}, 1);
  dataset.add(std::vector<int32_t>{21, 22, 23, 24}, std::vector<uint8_t>{0, 1, 0, 1}, 2);
  return dataset;
}

TEST_CASE("collate: documents side by side, then padding as a document of its own") {
  const Dataset dataset = two_examples();
  const MicroBatch micro_batch = {{1, 0}, 10, 4};
  const Batch batch = collate(dataset, micro_batch);
  CHECK(batch.ids.to_vector<int64_t>() == Ids{21, 22, 23, 24, 11, 12, 13, 0, 0, 0});
  CHECK(batch.cu_seqlens.to_vector<int32_t>() == std::vector<int32_t>{0, 4, 7, 10, 10});
  CHECK(batch.positions.to_vector<int32_t>() == std::vector<int32_t>{0, 1, 2, 3, 0, 1, 2, 0, 1, 2});
  // Each row's target is the next token of its document, where that is a label.
  const int64_t none = kIgnoreLabel;
  CHECK(batch.targets.to_vector<int64_t>() ==
        Ids{22, none, 24, none, none, 13, none, none, none, none});
  CHECK(batch.labels == 3);
  CHECK(labels_in(dataset, micro_batch) == 3);
  CHECK(tokens_in(dataset, micro_batch) == 7);
}

TEST_CASE("collate: no padding leaves empty documents at the end") {
  const Batch batch = collate(two_examples(), {{0, 1}, 7, 3});
  CHECK(batch.cu_seqlens.to_vector<int32_t>() == std::vector<int32_t>{0, 3, 7, 7});
  CHECK(batch.rows() == 7);
}

TEST_CASE("collate: long padding is many short documents") {
  const Batch batch = collate(two_examples(), {{0}, 3 + 2 * kPaddingDocument + 5, 6});
  const int32_t p = kPaddingDocument, end = 3 + 2 * p + 5;
  CHECK(batch.cu_seqlens.to_vector<int32_t>() ==
        std::vector<int32_t>{0, 3, 3 + p, 3 + 2 * p, end, end, end});
  CHECK(batch.labels == 1);
  CHECK_THROWS_AS(collate(two_examples(), {{0}, end, 3}), Error);
}

TEST_CASE("collate: examples that do not fit are refused") {
  const Dataset dataset = two_examples();
  CHECK_THROWS_AS(collate(dataset, {{0, 1}, 6, 3}), Error);
  CHECK_THROWS_AS(collate(dataset, {{0, 1}, 8, 2}), Error);
}

}  // namespace
}  // namespace hone
