// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rows that belong to one part (a document, an expert), in blocks, found without a list of them.
//
// offsets [P + 1] i32: part p is the rows [offsets[p], offsets[p + 1]) of N. Cut from its start into
// blocks of `size` rows, the part has the block numbers
//
//   offsets[p] / size + p + c      for its blocks c = 0, 1, ...      (division rounds down)
//
// which never reach those of part p + 1, since a part of n rows has at most n / size + 1 blocks. So
// N / size + P numbers are enough whatever the offsets are; some of them have no block.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tensor/tensor.h"

namespace hone::kernels {

// Rows [begin, end) of part `part`; no rows where a number has no block.
struct RowBlock {
  int64_t part;
  int64_t begin;
  int64_t end;

  int64_t rows() const { return end - begin; }
};

// Numbers that are enough for n rows in `parts` parts.
constexpr int64_t block_numbers(int64_t n, int64_t parts, int64_t size) { return n / size + parts; }

class RowBlocks {
 public:
  RowBlocks(const Tensor& offsets, int64_t size)
      : at_(offsets.data<int32_t>()), parts_(offsets.dim(0) - 1), size_(size) {}

  RowBlock operator[](int64_t number) const {
    int64_t part = 0, after = parts_;  // the last part that starts at or before `number`
    while (after - part > 1) {
      const int64_t middle = (part + after) / 2;
      (first_number(middle) <= number ? part : after) = middle;
    }
    const int64_t block = number - first_number(part);
    if (parts_ == 0 || block < 0) return {part, 0, 0};
    const int64_t end = at_[part + 1], begin = std::min(at_[part] + block * size_, end);
    return {part, begin, std::min(begin + size_, end)};
  }

 private:
  int64_t first_number(int64_t part) const { return at_[part] / size_ + part; }

  const int32_t* at_;
  int64_t parts_;
  int64_t size_;
};

}  // namespace hone::kernels
