// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/collate.h"

#include <doctest/doctest.h>

#include <map>

#include "tensor/check.h"
#include "tests/train/random_dataset.h"

namespace hone {
namespace {

using Ids = std::vector<int64_t>;

Dataset two_examples() {
  DatasetBuilder dataset;
  dataset.add_file("rows.jsonl");
  dataset.add({{11, 12, 13}, {0, 0, 1}}, 1);
  dataset.add({{21, 22, 23, 24}, {0, 1, 0, 1}}, 2);
  return dataset.finish();
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

// What an epoch trains on, token for token: every example's tokens as one document each, every label
// as the target in front of it, and nothing else.
TEST_CASE("collate: an epoch has every token and every label once, however it is cut") {
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < 200; ++i) lengths.push_back(2 + i * 7919 % 61);
  const Dataset dataset = test::random_dataset(lengths, 1000);
  // An example's place is known from its tokens.
  std::map<Ids, int> expected;
  int64_t expected_labels = 0;
  for (int64_t e = 0; e < dataset.size(); ++e) {
    const TokenRow row = dataset.example(e);
    Ids document(row.ids.begin(), row.ids.end());
    for (size_t i = 0; i < row.ids.size(); ++i)
      document.push_back(i + 1 < row.ids.size() && row.is_label[i + 1] ? row.ids[i + 1]
                                                                       : kIgnoreLabel);
    ++expected[document];
    expected_labels += row.labels();
  }
  for (const bool packing : {false, true})
    for (const bool sequential : {false, true})
      for (const bool shuffle : {false, true})
        for (const int64_t accumulation : {1, 3})
          for (const int64_t micro_batch : {1, 4}) {
            Sampler sampler(dataset.lengths(), {.sequence_len = 64,
                                                .packing = packing,
                                                .micro_batch_size = micro_batch,
                                                .accumulation_steps = accumulation,
                                                .seed = 3,
                                                .shuffle = shuffle,
                                                .sequential_packing = sequential});
            for (int64_t epoch = 0; epoch < 2; ++epoch) {
              std::map<Ids, int> seen;
              int64_t labels = 0, padding_labels = 0;
              for (int64_t s = 0; s < sampler.steps_per_epoch(); ++s)
                for (const MicroBatch& m :
                     sampler.at(epoch * sampler.steps_per_epoch() + s).micro_batches) {
                  const Batch batch = collate(dataset, m);
                  const Ids ids = batch.ids.to_vector<int64_t>();
                  const Ids targets = batch.targets.to_vector<int64_t>();
                  const auto ends = batch.cu_seqlens.to_vector<int32_t>();
                  for (size_t d = 0; d < m.examples.size(); ++d) {
                    Ids document(ids.begin() + ends[d], ids.begin() + ends[d + 1]);
                    document.insert(document.end(), targets.begin() + ends[d],
                                    targets.begin() + ends[d + 1]);
                    ++seen[document];
                  }
                  labels += batch.labels;
                  for (auto i = static_cast<size_t>(ends[m.examples.size()]); i < targets.size();
                       ++i)
                    padding_labels += targets[i] != kIgnoreLabel;
                }
              CHECK(seen == expected);
              CHECK(labels == expected_labels);
              CHECK(padding_labels == 0);
            }
          }
}

}  // namespace
}  // namespace hone
