// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// nearest_code of dynamic_map.h without its search, for kernels that do little else.
//
//   threshold[i]   the least x that has a code above i
//   below[b]       how many thresholds lie in buckets before b
//   code(x) = below[b] + (x >= threshold[below[b]])      with b = bucket(x)
//
// A bucket holds the floats of one sign, one exponent and one value of the leading mantissa bits; with
// 6 of them for the signed map and 7 for the other no bucket has two thresholds. What is smaller
// than 2^-23, or 1 and more, shares a bucket of its sign. All floats give nearest_code's code (but the
// unsigned map is not asked about negative numbers).
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace hone::kernels {

template <bool with_signs>
struct CodeTable {
  static constexpr int kDropped = 23 - (with_signs ? 6 : 7);  // mantissa bits
  static constexpr int kFirst = std::bit_cast<int32_t>(0x1p-23f) >> kDropped;
  static constexpr int kLast = std::bit_cast<int32_t>(1.0f) >> kDropped;
  static constexpr int kMagnitudes = kLast - kFirst + 1;
  static constexpr int kBuckets = with_signs ? 2 * kMagnitudes : kMagnitudes;

  float threshold[256];
  uint8_t below[kBuckets];

  // Rises with x.
  static constexpr int bucket(float x) {
    const auto bits = std::bit_cast<int32_t>(x);
    int magnitude = (bits & 0x7fffffff) >> kDropped;
    magnitude = magnitude < kFirst ? 0 : magnitude > kLast ? kLast - kFirst : magnitude - kFirst;
    if (!with_signs) return magnitude;
    return bits < 0 ? kMagnitudes - 1 - magnitude : kMagnitudes + magnitude;
  }

  // Of an ascending map [256]. A midpoint itself has the even one of its two codes.
  static constexpr float threshold_of(const float* map, int i) {
    if (i == 255) return std::numeric_limits<float>::quiet_NaN();  // nothing is above
    const float midpoint = (map[i] + map[i + 1]) * 0.5f;
    if (i % 2 != 0) return midpoint;
    const auto bits = std::bit_cast<int32_t>(midpoint);
    return std::bit_cast<float>(bits < 0 ? bits - 1 : bits + 1);  // the next larger float
  }

  // Writes threshold[i] and the part of `below` that ends with its bucket. All i in [0, 256) make the
  // table, in any order.
  constexpr void fill(const float* map, int i) {
    threshold[i] = threshold_of(map, i);
    const int begin = i == 0 ? 0 : bucket(threshold_of(map, i - 1)) + 1;
    const int end = i == 255 ? kBuckets : bucket(threshold[i]) + 1;
    for (int b = begin; b < end; ++b) below[b] = static_cast<uint8_t>(i);
  }

  // NaN gets code 0.
  constexpr uint8_t code(float x) const {
    const int least = below[bucket(x)];
    return static_cast<uint8_t>(x != x ? 0 : least + (x >= threshold[least] ? 1 : 0));
  }
};

}  // namespace hone::kernels
