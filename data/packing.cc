// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/packing.h"

#include <algorithm>
#include <map>

#include "tensor/check.h"

namespace hone {

Rows pack_rows(std::span<const int64_t> lengths, std::span<const int64_t> order, int64_t capacity) {
  check(order.size() == lengths.size(), "packing: an order of ", order.size(), " examples for ",
        lengths.size(), " lengths");
  const auto length = [&](int64_t example) { return lengths[static_cast<size_t>(example)]; };
  std::vector<int64_t> longest_first(order.begin(), order.end());
  std::stable_sort(longest_first.begin(), longest_first.end(),
                   [&](int64_t a, int64_t b) { return length(a) > length(b); });

  Rows rows;
  std::map<int64_t, std::vector<size_t>> rows_by_space;  // free tokens -> rows, never none
  for (const int64_t example : longest_first) {
    const int64_t tokens = length(example);
    check(tokens >= 1 && tokens <= capacity, "packing: example ", example, " has ", tokens,
          " tokens, rows have ", capacity);
    int64_t space = capacity;
    size_t row = rows.size();
    if (const auto best = rows_by_space.lower_bound(tokens); best != rows_by_space.end()) {
      space = best->first;
      row = best->second.back();
      best->second.pop_back();
      if (best->second.empty()) rows_by_space.erase(best);
    } else {
      rows.emplace_back();
    }
    rows[row].push_back(example);
    if (space > tokens) rows_by_space[space - tokens].push_back(row);
  }
  return rows;
}

Rows pack_rows_in_order(std::span<const int64_t> lengths, std::span<const int64_t> order,
                        int64_t capacity) {
  Rows rows;
  int64_t space = 0;
  for (const int64_t example : order) {
    const int64_t tokens = lengths[static_cast<size_t>(example)];
    check(tokens >= 1 && tokens <= capacity, "packing: example ", example, " has ", tokens,
          " tokens, rows have ", capacity);
    if (rows.empty() || space < tokens) {
      rows.emplace_back();
      space = capacity;
    }
    rows.back().push_back(example);
    space -= tokens;
  }
  return rows;
}

}  // namespace hone
