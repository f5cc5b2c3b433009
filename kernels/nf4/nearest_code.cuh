// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hone::kernels {

// nearest_code of dynamic_map.h in device code; map [256].
__device__ inline uint8_t nearest(const float* map, float x) {
  int pivot = 127, below = 0, above = 255;
  for (int step = 64; step > 0; step /= 2) {
    if (x > map[pivot]) {
      below = pivot;
      pivot += step;
    } else {
      above = pivot;
      pivot -= step;
    }
  }
  const float value = map[pivot];
  if (x > value) return static_cast<uint8_t>(x > (map[above] + value) * 0.5f ? above : pivot);
  return static_cast<uint8_t>(x < (map[below] + value) * 0.5f ? below : pivot);
}

}  // namespace hone::kernels
