// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The 256 values of the 8-bit dynamic types, and the nearest of them to a number.
//                                     source: Dettmers 2015, arXiv:1511.04561; bitsandbytes
//
//   For i = 0..6 the values 10^(i-6) m, m the midpoints of 2^i equal parts of [0.1, 1] (signed,
//   each with both signs) or of 2^(i+1) parts (unsigned); and 0 and 1. Few fraction bits for small
//   magnitudes, many for large ones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hone::kernels {

using DynamicMap = std::array<float, 256>;

// Ascending. Signed: 0 has code 127, the smallest value is -0.993 and the largest 1.
const DynamicMap& signed_dynamic_map();
// Ascending. Unsigned: 0 has code 0.
const DynamicMap& unsigned_dynamic_map();

// The code nearest to x by bisection of an ascending map. An x exactly between two values gets the
// one at which the bisection ended; NaN gets code 0.
inline uint8_t nearest_code(const DynamicMap& map, float x) {
  int pivot = 127, below = 0, above = 255;
  for (int step = 64; step > 0; step /= 2) {
    if (x > map[static_cast<size_t>(pivot)]) {
      below = pivot;
      pivot += step;
    } else {
      above = pivot;
      pivot -= step;
    }
  }
  const float value = map[static_cast<size_t>(pivot)];
  int code = pivot;
  if (x > value) {
    if (x > (map[static_cast<size_t>(above)] + value) * 0.5f) code = above;
  } else {
    if (x < (map[static_cast<size_t>(below)] + value) * 0.5f) code = below;
  }
  return static_cast<uint8_t>(code);
}

}  // namespace hone::kernels
