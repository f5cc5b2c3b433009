// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A training example: token ids, and which of them are labels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace hone {

struct TokenRow {
  std::vector<int32_t> ids;
  // Aligned with ids: 1 where the token is a label. Never the first token, which nothing predicts.
  std::vector<uint8_t> is_label;

  int64_t size() const { return static_cast<int64_t>(ids.size()); }
  int64_t labels() const { return std::count(is_label.begin(), is_label.end(), uint8_t{1}); }
  bool operator==(const TokenRow&) const = default;
};

}  // namespace hone
