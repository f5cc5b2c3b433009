// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/split_slice.h"

#include <doctest/doctest.h>

namespace hone {
namespace {

std::pair<int64_t, int64_t> range(const char* text, int64_t rows) {
  const auto slice = parse_split(text);
  REQUIRE_MESSAGE(slice.has_value(), text);
  return slice->range(rows);
}

using Range = std::pair<int64_t, int64_t>;

TEST_CASE("split: places, percent, from the end") {
  CHECK(range("train", 50) == Range{0, 50});
  CHECK(range("train[:20%]", 50) == Range{0, 10});
  CHECK(range("train[20%:]", 50) == Range{10, 50});
  CHECK(range("train[10%:30%]", 1000) == Range{100, 300});
  CHECK(range("train[100:200]", 1000) == Range{100, 200});
  CHECK(range("train[100:200]", 150) == Range{100, 150});
  CHECK(range("train[100:200]", 50) == Range{50, 50});
  CHECK(range("train[-10:]", 50) == Range{40, 50});
  CHECK(range("train[:-10%]", 50) == Range{0, 45});
  CHECK(range("train[-100:]", 50) == Range{0, 50});
  CHECK(range("train[30:20]", 50) == Range{30, 30});
  // Neighbouring parts share no row and lose none, whatever the rounding.
  for (int64_t rows = 0; rows < 400; ++rows)
    CHECK(range("train[:33%]", rows).second == range("train[33%:]", rows).first);
  CHECK(range("train[:50%]", int64_t{1} << 61).second == int64_t{1} << 60);
}

TEST_CASE("split: what a count is needed for, how it is written, what is none") {
  CHECK_FALSE(parse_split("train[100:200]")->needs_count());
  CHECK_FALSE(parse_split("train")->needs_count());
  CHECK(parse_split("train[:20%]")->needs_count());
  CHECK(parse_split("train[-5:]")->needs_count());
  CHECK(parse_split(" validation [ 5 : 10% ]")->str() == "validation[5:10%]");
  CHECK(parse_split("test")->str() == "test");
  for (const char* text :
       {"", "[1:2]", "train[", "train[1]", "train[1:2", "train[1:2]x", "train[a:b]", "train[:101%]",
        "train[:20%]+test", "train[1:2:3]", "train[:99999999999999999999]", "../x", "a b"})
    CHECK_MESSAGE(!parse_split(text).has_value(), text);
}

TEST_CASE("split: what can take no row") {
  for (const char* none :
       {"train[50:10]", "train[5:5]", "train[:0]", "train[:0%]", "train[-1:-5]", "train[50%:10%]"})
    CHECK(parse_split(none)->is_empty());
  for (const char* some : {"train", "train[5:]", "train[:5]", "train[5:6]", "train[-5:-1]",
                           "train[5:-5]", "train[-5:5]", "train[50:10%]", "train[:-5]"})
    CHECK_FALSE(parse_split(some)->is_empty());
}

TEST_CASE("split: several of them") {
  const auto parts = parse_split_sum("train[:10%]+ train[-10%:] +test");
  REQUIRE(parts.has_value());
  REQUIRE(parts->size() == 3);
  CHECK(parts->at(0) == *parse_split("train[:10%]"));
  CHECK(parts->at(1) == *parse_split("train[-10%:]"));
  CHECK(parts->at(2) == *parse_split("test"));
  CHECK(parse_split_sum("train")->size() == 1);
  for (const char* text : {"", "+", "train+", "+train", "train++test", "train[1+2:]"})
    CHECK_MESSAGE(!parse_split_sum(text).has_value(), text);
}

}  // namespace
}  // namespace hone
