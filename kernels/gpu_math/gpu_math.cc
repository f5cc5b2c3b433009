// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gpu_math/gpu_math.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kernels/gpu_math/gpu_math_tables.h"

namespace hone::kernels::gpu {
namespace {

constexpr int kArgumentBits = 17;  // x: what is left of a 23-bit fraction after a 6-bit index
constexpr int kSquareBits = 15;    // bits after the binary point of square(x)
constexpr int kSumBits = 20;       // bits after the binary point of the sum
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// x^2 for x = k / 2^17, in units of 2^-15, from the partial products of the bits of k that are not
// below that unit. The products dropped are what a plain rounding of k * k would carry upwards.
uint16_t truncated_square(int64_t k) {
  constexpr int kDropped = 2 * kArgumentBits - kSquareBits;
  int64_t sum = 0;
  for (int i = 0; i < kArgumentBits; ++i) {
    if (((k >> i) & 1) == 0) continue;
    if (2 * i >= kDropped) sum += int64_t{1} << (2 * i);
    const int64_t lower = k & ((int64_t{1} << i) - 1);  // pairs with bits j < i, weight 2^(i+j+1)
    const int first = std::max(0, kDropped - 1 - i);
    sum += (lower >> first << first) << (i + 1);
  }
  return static_cast<uint16_t>(sum >> kDropped);
}

const std::vector<uint16_t>& squares() {
  static const std::vector<uint16_t> table = [] {
    std::vector<uint16_t> t(size_t{1} << kArgumentBits);
    for (size_t k = 0; k < t.size(); ++k) t[k] = truncated_square(static_cast<int64_t>(k));
    return t;
  }();
  return table;
}

// How a function's coefficients are stored: each is an integer times 2^exponent units in the last
// place of the result; `bias` completes every c0, in units of 2^-kSumBits.
struct Format {
  int c0_exponent, c1_exponent, c2_exponent;
  int64_t bias;
};
constexpr Format kReciprocalFormat{-2, 1, 0, 64752};
constexpr Format kSqrtFormat{-2, 0, -1, -4};
constexpr Format kLog2Format{-3, 2, 1, 26800};
constexpr Format kExp2Format{-2, 2, 0, 195664};

// The interpolated value of the 23-bit fraction, in units of 2^-kSumBits.
int64_t interpolate(std::span<const Segment> table, const Format& format, uint32_t fraction) {
  const int index_bits = std::countr_zero(table.size());
  const int rest_bits = 23 - index_bits;
  const Segment& s = table[fraction >> rest_bits];
  const uint32_t rest = fraction & ((1u << rest_bits) - 1);
  const int64_t k = int64_t{rest} << (kArgumentBits - rest_bits);
  const int64_t square = squares()[static_cast<size_t>(k)];
  return format.bias + (int64_t{s.c0} << (kSumBits + format.c0_exponent)) +
         s.c1 * k * (int64_t{1} << (kSumBits - kArgumentBits + format.c1_exponent)) +
         s.c2 * square * (int64_t{1} << (kSumBits - kSquareBits + format.c2_exponent));
}

// value * 2^exponent, keeping the leading 24 bits. Requires: value > 0.
float truncate(int64_t value, int exponent) {
  const int excess = static_cast<int>(std::bit_width(static_cast<uint64_t>(value))) - 24;
  if (excess > 0) return std::ldexp(static_cast<float>(value >> excess), exponent + excess);
  return std::ldexp(static_cast<float>(value), exponent);
}

uint32_t fraction_of(float x) { return std::bit_cast<uint32_t>(x) & 0x7fffffu; }
int exponent_of(float x) {
  return static_cast<int>((std::bit_cast<uint32_t>(x) >> 23) & 0xffu) - 127;
}

}  // namespace

float reciprocal(float x) {
  x = flush(x);
  if (std::isnan(x)) return kNaN;
  if (x == 0) return std::copysign(kInfinity, x);
  if (std::isinf(x)) return std::copysign(0.0f, x);
  const int64_t sum = interpolate(kReciprocal, kReciprocalFormat, fraction_of(x));
  const float y = truncate(sum >> kSumBits, -24 - exponent_of(x));
  return flush(std::copysign(y, x));
}

float sqrt(float x) {
  x = flush(x);
  if (x == 0 || x == kInfinity) return x;
  if (!(x > 0)) return kNaN;
  const int e = exponent_of(x);
  const bool odd = (e & 1) != 0;
  const int64_t sum = odd ? interpolate(kSqrt2To4, kSqrtFormat, fraction_of(x))
                          : interpolate(kSqrt1To2, kSqrtFormat, fraction_of(x));
  const int64_t significand = std::max(sum >> kSumBits, int64_t{1} << 23);
  return truncate(significand, -23 + (e - (odd ? 1 : 0)) / 2);
}

float log2(float x) {
  x = flush(x);
  if (x == 0) return -kInfinity;
  if (x == kInfinity) return x;
  if (!(x > 0)) return kNaN;
  if (x > 1 - 8.5e-5f && x < 1 + 4.25e-5f) return static_cast<float>(std::log2(double{x}));
  const int64_t sum = interpolate(kLog2, kLog2Format, fraction_of(x)) +
                      int64_t{exponent_of(x)} * (int64_t{1} << (23 + kSumBits));
  const float magnitude = truncate(std::abs(sum), -23 - kSumBits);
  return sum < 0 ? -magnitude : magnitude;
}

float exp2(float x) {
  if (std::isnan(x)) return kNaN;
  if (x >= 128) return kInfinity;
  if (x < -127) return 0;
  int64_t fixed = static_cast<int64_t>(std::ldexp(std::abs(x), 23));  // 23 bits of fraction
  // Negative: the complement of the fraction, one unit short of -x unless the fraction is zero.
  if (x < 0) fixed = (fixed & 0x7fffff) == 0 ? -fixed : -fixed - 1;
  const int64_t sum = interpolate(kExp2, kExp2Format, static_cast<uint32_t>(fixed & 0x7fffff));
  return flush(truncate(sum >> kSumBits, static_cast<int>(fixed >> 23) - 23));
}

}  // namespace hone::kernels::gpu
