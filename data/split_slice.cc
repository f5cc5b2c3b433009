// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/split_slice.h"

#include <algorithm>
#include <charconv>

namespace hone {
namespace {

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// False unless `text` is empty or a bound.
bool parse_bound(std::string_view text, std::optional<SplitBound>& bound) {
  text = trim(text);
  if (text.empty()) return true;
  SplitBound read;
  if (text.ends_with('%')) {
    read.percent = true;
    text.remove_suffix(1);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read.value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (read.percent && (read.value < -100 || read.value > 100)) return false;
  bound = read;
  return true;
}

std::string text_of(const std::optional<SplitBound>& bound) {
  if (!bound) return "";
  return std::to_string(bound->value) + (bound->percent ? "%" : "");
}

int64_t place(const SplitBound& bound, int64_t rows) {
  int64_t at = bound.value;
  if (bound.percent) {
    // Nearest row; in whole numbers, as a double does not hold every count.
    const int64_t part = rows / 100 * std::abs(at) + (rows % 100 * std::abs(at) + 50) / 100;
    at = at < 0 ? -part : part;
    if (at == 0 && bound.value < 0) return rows;
  }
  return std::clamp<int64_t>(at < 0 ? at + rows : at, 0, rows);
}

}  // namespace

bool SplitSlice::needs_count() const {
  const auto relative = [](const std::optional<SplitBound>& bound) {
    return bound && (bound->percent || bound->value < 0);
  };
  return relative(begin) || relative(end);
}

std::pair<int64_t, int64_t> SplitSlice::range(int64_t rows) const {
  const int64_t first = begin ? place(*begin, rows) : 0;
  const int64_t last = end ? place(*end, rows) : rows;
  return {first, std::max(first, last)};
}

bool SplitSlice::is_empty() const {
  if (!end) return false;
  const SplitBound first = begin.value_or(SplitBound{0, end->percent});
  const bool comparable = first.percent == end->percent && (first.value < 0) == (end->value < 0);
  return comparable && first.value >= end->value;
}

std::string SplitSlice::str() const {
  if (!begin && !end) return split;
  return split + "[" + text_of(begin) + ":" + text_of(end) + "]";
}

std::optional<SplitSlice> parse_split(std::string_view text) {
  SplitSlice slice;
  const size_t bracket = text.find('[');
  slice.split = trim(text.substr(0, bracket));
  if (slice.split.empty() || slice.split.find_first_of("]:+%/ ") != std::string::npos)
    return std::nullopt;
  if (bracket == std::string_view::npos) return slice;
  std::string_view bounds = trim(text.substr(bracket + 1));
  if (!bounds.ends_with(']')) return std::nullopt;
  bounds.remove_suffix(1);
  const size_t colon = bounds.find(':');
  if (colon == std::string_view::npos || !parse_bound(bounds.substr(0, colon), slice.begin) ||
      !parse_bound(bounds.substr(colon + 1), slice.end))
    return std::nullopt;
  return slice;
}

std::optional<std::vector<SplitSlice>> parse_split_sum(std::string_view text) {
  std::vector<SplitSlice> slices;
  for (;;) {
    const size_t plus = text.find('+');
    const std::optional<SplitSlice> slice = parse_split(text.substr(0, plus));
    if (!slice) return std::nullopt;
    slices.push_back(*slice);
    if (plus == std::string_view::npos) return slices;
    text.remove_prefix(plus + 1);
  }
}

}  // namespace hone
