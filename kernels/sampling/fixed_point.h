// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of sampling.h: integers, and single operations on doubles. So every processor gets the
// same bits, and sums do not depend on their order. (All is constexpr so that device code can call it.)
#pragma once

#include <bit>
#include <cstdint>

namespace hone::kernels {

// The upper half of a product.
constexpr uint64_t high_product(uint64_t a, uint64_t b) {
  using Wide = unsigned __int128;
  return static_cast<uint64_t>(static_cast<Wide>(a) * b >> 64);
}

// Numbers without NaN as integers in the same order, and back; both zeros are one.
constexpr uint64_t order_key(double x) {
  const auto u = std::bit_cast<uint64_t>(x + 0.0);
  return u >> 63 ? ~u : u | (uint64_t{1} << 63);
}
constexpr double from_order_key(uint64_t key) {
  return std::bit_cast<double>(key >> 63 ? key ^ (uint64_t{1} << 63) : ~key);
}

constexpr bool is_finite(double x) { return ((std::bit_cast<uint64_t>(x) >> 52) & 0x7ff) != 0x7ff; }

// The logit z of a token that the sequence has already.
constexpr double penalised(double z, double penalty) { return z > 0 ? z / penalty : z * penalty; }

// The largest s with V * 2^s <= 2^62: V weights of at most 2^s have a sum below 2^63.
constexpr int weight_bits(int64_t V) {
  return 62 - static_cast<int>(std::bit_width(static_cast<uint64_t>(V - 1)));
}

// 2^bits * e^-t, t >= 0, bits <= 62, rounded down.
//
//   y = t / ln 2 = n + f:   e^-t = 2^-n 2^-f,   2^-f = sum_k (-f ln 2)^k / k!   (an error of 2^-61)
constexpr uint64_t exponential_weight(double t, int bits) {
  if (!(t < 44)) return 0;                               // less than 2^-63
  const auto fixed = static_cast<uint64_t>(t * 0x1p57);  // in units of 2^-57
  constexpr uint64_t kLog2E = 0xb8aa3b295c17f0bcull;     // 2^-63
  const uint64_t y = high_product(fixed, kLog2E);        // 2^-56
  const int n = static_cast<int>(y >> 56);
  const uint64_t f = y << 8;  // 2^-64
  // (ln 2)^k / k! in units of 2^-63; the sums are positive, since each term is less than that before.
  constexpr uint64_t kTerms[] = {0x8000000000000000ull,
                                 0x58b90bfbe8e7bcd6ull,
                                 0x1ebfbdff82c58ea8ull,
                                 0x71ac235c1282fe3ull,
                                 0x13b2ab6fba4e773ull,
                                 0x2bb0ffcf14ce62ull,
                                 0x50c244be1b1e2ull,
                                 0x7ff2ff1622c3ull,
                                 0xb160111d2e4ull,
                                 0xda929e9cafull,
                                 0xf267a8ac6ull,
                                 0xf465639bull,
                                 0xe1deb28ull,
                                 0xc0b0caull,
                                 0x98a4bull,
                                 0x70dcull,
                                 0x4e4ull,
                                 0x33ull};
  uint64_t sum = kTerms[17];
  for (int k = 16; k >= 0; --k) sum = kTerms[k] - high_product(f, sum);
  const int shift = 63 - bits + n;
  return shift < 64 ? sum >> shift : 0;
}

// What top_p may take away from the least probable tokens: at most 1 - p of the sum, and never all.
constexpr uint64_t removable(uint64_t sum, double p) {
  const auto most = static_cast<uint64_t>((1 - p) * static_cast<double>(sum));
  return most < sum ? most : sum - 1;
}

// Whether min_p keeps a weight; `top` is the largest.
constexpr bool is_probable(uint64_t weight, uint64_t top, double p) {
  return static_cast<double>(weight) >= p * static_cast<double>(top);
}

// Where 53 random bits fall in [0, sum), sum > 0.
constexpr uint64_t drawn_place(int64_t bits, uint64_t sum) {
  return high_product(static_cast<uint64_t>(bits) << 11, sum);
}

}  // namespace hone::kernels
