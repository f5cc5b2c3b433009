// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A split of a dataset, and the part of it that is used: train, train[:20%], train[100:200].
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hone {

// A place among the rows: their number, or percent of all rows; below 0 it counts from the end.
struct SplitBound {
  int64_t value = 0;
  bool percent = false;

  bool operator==(const SplitBound&) const = default;
};

struct SplitSlice {
  std::string split = "train";
  std::optional<SplitBound> begin, end;

  // Whether which rows are meant depends on how many there are.
  bool needs_count() const;
  // The rows [first, last) of `rows`. Percentages round to the nearest row.
  std::pair<int64_t, int64_t> range(int64_t rows) const;
  // Whether it takes none of the rows, however many there are: [50:10].
  bool is_empty() const;
  std::string str() const;  // as it would be written
  bool operator==(const SplitSlice&) const = default;
};

// nullopt when `text` is something else.
std::optional<SplitSlice> parse_split(std::string_view text);

// Several with + between them, to be read one after the other: train[:10%]+train[-10%:].
std::optional<std::vector<SplitSlice>> parse_split_sum(std::string_view text);

}  // namespace hone
