// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/dataset_split.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/data/error_of.h"

namespace hone {
namespace {

// Examples with these contents.
Dataset examples(const std::vector<int32_t>& contents) {
  DatasetBuilder builder;
  builder.add_file("rows.jsonl");
  int64_t line = 0;
  for (const int32_t content : contents) builder.add({{1, content}, {0, 1}}, ++line);
  return builder.finish();
}

Dataset different(int32_t n) {
  std::vector<int32_t> contents;
  for (int32_t i = 0; i < n; ++i) contents.push_back(i);
  return examples(contents);
}

std::vector<int32_t> contents(const Dataset& dataset) {
  std::vector<int32_t> all;
  for (int64_t i = 0; i < dataset.size(); ++i) all.push_back(dataset.example(i).ids[1]);
  return all;
}

TEST_CASE("dataset: selections and joins keep places and counts") {
  const Dataset a = different(5), b = different(3);
  Dataset all = a.select({4, 0, 2});
  all.append(b.select({2, 1}));
  CHECK(contents(all) == std::vector<int32_t>{4, 0, 2, 2, 1});
  CHECK(all.where(0) == "rows.jsonl:5");
  CHECK(all.where(4) == "rows.jsonl:2");
  CHECK(all.tokens() == 10);
  CHECK(all.total_labels() == 5);
  CHECK(all.hash(2) == all.hash(3));
  CHECK(all.files().size() == 2);
  CHECK(all.fingerprint() != a.fingerprint());
  CHECK(a.select({0, 1, 2}).fingerprint() == different(3).fingerprint());
  CHECK(a.select({1, 0}).fingerprint() != a.select({0, 1}).fingerprint());
}

TEST_CASE("hold_out: the size asked for, nothing in both, nothing lost, by the seed alone") {
  const Dataset all = different(100);
  for (const double size : {0.05, 0.1, 0.5, 1.0, 7.0, 99.0}) {
    CAPTURE(size);
    const HeldOut parts = hold_out(all, size, 5);
    const auto expected = static_cast<int64_t>(size < 1 ? size * 100 + 0.5 : size);
    CHECK(parts.validation.size() == expected);
    const std::vector<int32_t> train = contents(parts.train), held = contents(parts.validation);
    std::set<int32_t> both(train.begin(), train.end());
    both.insert(held.begin(), held.end());
    CHECK(both.size() == 100);
    CHECK(train.size() + held.size() == 100);
    CHECK(std::is_sorted(train.begin(), train.end()));
    CHECK(std::is_sorted(held.begin(), held.end()));
    CHECK(contents(hold_out(all, size, 5).validation) == held);
  }
  CHECK(contents(hold_out(all, 10, 5).validation) != contents(hold_out(all, 10, 6).validation));
  CHECK(hold_out(different(30), 0.1, 1).validation.size() == 3);  // 0.1 * 30 > 3 in doubles
  CHECK(hold_out(different(31), 0.1, 1).validation.size() == 4);  // rounded up
}

TEST_CASE("hold_out: copies of a row stay together") {
  std::vector<int32_t> rows;
  for (int32_t i = 0; i < 40; ++i)
    for (int32_t copy = 0; copy <= i % 4; ++copy) rows.push_back(i);
  const HeldOut parts = hold_out(examples(rows), 20, 3);
  CHECK(parts.validation.size() == 20);
  for (const int32_t row : contents(parts.validation))
    for (const int32_t other : contents(parts.train)) REQUIRE(row != other);
}

TEST_CASE("hold_out: sizes that leave nothing") {
  for (const double size : {5.0, 9.0})
    check_contains(error_of(ErrorCode::kUsage, [&] { hold_out(different(5), size, 1); }),
                   "val_set_size: ");
  check_contains(error_of(ErrorCode::kUsage,
                          [&] {
                            hold_out(examples({1, 1, 1}), 1, 1);
                          }),
                 "equal rows stay together");
}

TEST_CASE("copies are dropped, and what is held out elsewhere") {
  CHECK(contents(without_duplicates(examples({3, 1, 3, 2, 1}))) == std::vector<int32_t>{3, 1, 2});
  CHECK(contents(without_examples_of(different(5), examples({1, 3, 9}))) ==
        std::vector<int32_t>{0, 2, 4});
}

}  // namespace
}  // namespace hone
