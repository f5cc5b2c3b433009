// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// e^x and what is made of it, without a call and without a branch: a loop over it becomes vector
// instructions. For _cpu.cc files.
//
//   x = n ln 2 + r,  |r| <= ln 2 / 2        e^x = 2^n p(r)
//
// p is a polynomial of degree 6 for f32, whose coefficients minimise the relative error; n is found
// by adding 1.5 * 2^23, which leaves no place for a fraction. 2^n is multiplied in halves, so that
// results below the normal numbers and infinity come out as they should; NaN stays NaN. What is
// rounded away in r and in 1 + r + ... is added at the end.
// Error: below 0.8 units in the last place (tests/kernels/cpu_math_test.cc). double: std::exp.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace hone::kernels {
namespace {

// 2^n for a normal result.
[[gnu::always_inline]] inline float power_of_two(int32_t n) {
  return std::bit_cast<float>((n + 127) << 23);
}

inline double exponential(double x) { return std::exp(x); }

[[gnu::always_inline]] inline float exponential(float x) {
  constexpr float kInteger = 0x1.8p23f;
  constexpr float kLog2e = 0x1.715476p0f, kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;
  x = std::min(std::max(x, -104.0f), 89.0f);
  const float shifted = x * kLog2e + kInteger;
  const float n = shifted - kInteger;
  const float high = x - n * kLn2High, low = n * kLn2Low;
  const float r = high - low, r_rest = (high - r) - low;
  float p = 0x1.6c1f9ap-10f;
  p = p * r + 0x1.1225ccp-7f;
  p = p * r + 0x1.5554e8p-5f;
  p = p * r + 0x1.5554bap-3f;
  p = p * r + 0.5f;
  const float q = p * r * r, s = r + q, s_rest = (r - s) + q;
  const float sum = 1.0f + s;
  p = sum + (((1.0f - sum) + s) + (s_rest + r_rest));
  const int32_t exponent = std::bit_cast<int32_t>(shifted) - std::bit_cast<int32_t>(kInteger);
  const int32_t half = exponent >> 1, rest = exponent - half;
  return p * power_of_two(half) * power_of_two(rest);
}

// 1 / (1 + e^-x).
template <class A>
[[gnu::always_inline]] inline A sigmoid(A x) {
  return A(1) / (A(1) + exponential(-x));
}

}  // namespace
}  // namespace hone::kernels
