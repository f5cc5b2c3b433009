// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/nf4/dynamic_map.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace hone::kernels {
namespace {

constexpr float kLow = 0.1f, kHigh = 1.0f;

// Point i of n + 1 equally spaced f32 numbers, counted from the nearer end; the step is rounded to
// f32 first.
float edge(int i, int n) {
  const float step = (kHigh - kLow) / static_cast<float>(n);
  return i <= n / 2 ? std::fma(step, static_cast<float>(i), kLow)
                    : std::fma(-step, static_cast<float>(n - i), kHigh);
}

DynamicMap make_map(bool with_signs) {
  DynamicMap map{};
  size_t size = 0;
  for (int i = 0; i < 7; ++i) {
    const int parts = 1 << (with_signs ? i : i + 1);
    const float scale = static_cast<float>(std::pow(10.0, i - 6));
    for (int j = 0; j < parts; ++j) {
      const float value = scale * ((edge(j, parts) + edge(j + 1, parts)) / 2);
      map[size++] = value;
      if (with_signs) map[size++] = -value;
    }
  }
  map[size++] = 0;
  map[size++] = 1;
  std::sort(map.begin(), map.end());
  return map;
}

}  // namespace

const DynamicMap& signed_dynamic_map() {
  static const DynamicMap map = make_map(true);
  return map;
}

const DynamicMap& unsigned_dynamic_map() {
  static const DynamicMap map = make_map(false);
  return map;
}

}  // namespace hone::kernels
