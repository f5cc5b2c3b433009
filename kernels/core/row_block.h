// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hone::kernels {

// How many of n rows a block of a GPU takes, when it makes one partial sum of them: `least` times a power
// of two, at most `most`, and no more than leave `blocks` blocks of them.
constexpr int64_t gpu_row_block(int64_t n, int64_t least, int64_t most, int64_t blocks) {
  int64_t rows = least;
  while (2 * rows <= most && n / (2 * rows) >= blocks) rows *= 2;
  return rows;
}

}  // namespace hone::kernels
