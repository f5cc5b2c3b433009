// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/packing.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "tensor/check.h"
#include "tensor/random.h"

namespace hone {
namespace {

std::vector<int64_t> some_lengths(int64_t n, int64_t longest) {
  const RandomStream random(1, "lengths");
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < n; ++i) {
    const float u = random.uniform(static_cast<uint64_t>(i));
    lengths.push_back(1 + static_cast<int64_t>(u * u * static_cast<float>(longest - 1)));
  }
  return lengths;
}

std::vector<int64_t> in_order(size_t n) {
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), int64_t{0});
  return order;
}

int64_t tokens_of(const std::vector<int64_t>& row, const std::vector<int64_t>& lengths) {
  int64_t tokens = 0;
  for (const int64_t i : row) tokens += lengths[static_cast<size_t>(i)];
  return tokens;
}

TEST_CASE("pack_rows: each example is in one row, no row is too full, few are not full") {
  for (const int64_t capacity : {1, 7, 100, 512}) {
    CAPTURE(capacity);
    const std::vector<int64_t> lengths = some_lengths(5000, capacity);
    const Rows rows = pack_rows(lengths, in_order(lengths.size()), capacity);
    std::vector<int64_t> seen;
    for (const auto& row : rows) {
      CHECK_FALSE(row.empty());
      CHECK(tokens_of(row, lengths) <= capacity);
      seen.insert(seen.end(), row.begin(), row.end());
    }
    std::sort(seen.begin(), seen.end());
    CHECK(seen == in_order(lengths.size()));
    const int64_t tokens = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
    const int64_t fewest = (tokens + capacity - 1) / capacity;
    CHECK(static_cast<double>(rows.size()) <= 1.005 * static_cast<double>(fewest) + 1);
  }
}

TEST_CASE("pack_rows: best fit, worked by hand") {
  // 6 and 5 open rows; 4 fills the first, 3 goes where 5 leaves least, 2 fills that one.
  const std::vector<int64_t> lengths = {2, 3, 4, 5, 6};
  CHECK(pack_rows(lengths, in_order(5), 10) == Rows{{4, 2}, {3, 1, 0}});
  // Of two rows with room, the tighter one: 8 leaves 2, 7 leaves 3.
  CHECK(pack_rows(std::vector<int64_t>{7, 8, 2}, in_order(3), 10) == Rows{{1, 2}, {0}});
}

TEST_CASE("pack_rows: the order decides among equals only") {
  const std::vector<int64_t> lengths = some_lengths(300, 20);
  std::vector<int64_t> backwards = in_order(lengths.size());
  std::reverse(backwards.begin(), backwards.end());
  const Rows a = pack_rows(lengths, in_order(lengths.size()), 50);
  const Rows b = pack_rows(lengths, backwards, 50);
  CHECK(a != b);
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CHECK(tokens_of(a[i], lengths) == tokens_of(b[i], lengths));
}

TEST_CASE("pack_rows: what does not fit is refused") {
  CHECK_THROWS_AS(pack_rows(std::vector<int64_t>{11}, in_order(1), 10), Error);
  CHECK_THROWS_AS(pack_rows(std::vector<int64_t>{0}, in_order(1), 10), Error);
  CHECK_THROWS_AS(pack_rows(std::vector<int64_t>{1, 2}, in_order(1), 10), Error);
  CHECK(pack_rows(std::vector<int64_t>{}, in_order(0), 10).empty());
}

TEST_CASE("pack_rows_in_order: neighbours, as many as fit") {
  const std::vector<int64_t> lengths = {4, 4, 4, 10, 1, 9, 2};
  CHECK(pack_rows_in_order(lengths, in_order(7), 10) == Rows{{0, 1}, {2}, {3}, {4, 5}, {6}});
  CHECK(pack_rows_in_order(lengths, std::vector<int64_t>{6, 2, 1, 0, 5, 4, 3}, 10) ==
        Rows{{6, 2, 1}, {0}, {5, 4}, {3}});
  CHECK_THROWS_AS(pack_rows_in_order(lengths, in_order(7), 9), Error);
}

}  // namespace
}  // namespace hone
