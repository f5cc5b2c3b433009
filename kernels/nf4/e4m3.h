// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The 8-bit float e4m3 ("fn": no infinity).
//                                          source: Micikevicius et al. 2022, arXiv:2209.05433
//
//   sign, 4 exponent bits (bias 7), 3 mantissa bits; largest 448, smallest 2^-9; 0x7f and 0xff are
//   NaN. (Both functions are constexpr so that device code can call them too.)
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace hone::kernels {

inline constexpr float kE4m3Max = 448.0f;

constexpr float e4m3_value(uint8_t code) {
  const int exponent = (code >> 3) & 15, mantissa = code & 7;
  float magnitude = 0;
  if (exponent == 15 && mantissa == 7) {
    magnitude = std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = static_cast<float>(mantissa) * 0x1p-9f;
  } else {
    magnitude =
        std::bit_cast<float>(static_cast<uint32_t>((exponent + 120) << 23 | mantissa << 20));
  }
  return code & 0x80 ? -magnitude : magnitude;
}

// Round to nearest, ties to even; what exceeds 448 becomes 448.
constexpr uint8_t e4m3_code(float x) {
  const uint32_t u = std::bit_cast<uint32_t>(x) & 0x7fffffffu;
  const uint8_t sign = std::bit_cast<uint32_t>(x) == u ? 0 : 0x80;
  const float magnitude = std::bit_cast<float>(u);
  if (u > 0x7f800000u) return sign | 0x7f;  // NaN
  if (magnitude >= kE4m3Max) return sign | 0x7e;
  if (magnitude < 0x1p-6f) {  // subnormal: a multiple of 2^-9, which 8 may round up to 2^-6
    const float shifted =
        magnitude + 0x1p14f;  // aligns the value's unit with 2^-9, rounding to even
    return static_cast<uint8_t>(sign | (std::bit_cast<uint32_t>(shifted) & 15u));
  }
  const uint32_t rounded = u + 0x7ffffu + ((u >> 20) & 1u);
  return static_cast<uint8_t>(sign | ((rounded >> 20) - (120u << 3)));
}

}  // namespace hone::kernels
