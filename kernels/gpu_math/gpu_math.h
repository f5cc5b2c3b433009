// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Four approximate functions exactly as the special function unit of an NVIDIA GPU computes them
// (PTX rcp, sqrt, lg2 and ex2 with .approx.ftz). bitsandbytes' CUDA kernels are built with fast
// math, so 4-bit codes near a threshold and the 8-bit optimizer's bias correction depend on these
// last bits.
//                      source: Oberman & Siu 2005, "A High-Performance Area-Efficient Multifunction
//                      Interpolator" (the structure); an NVIDIA H200 (the coefficients)
//
//   A significand's leading 6 or 7 bits choose a piece; the others are x in [0, 1), 17 bits:
//     f(s) = c0 + c1 x + c2 square(x)
//   square drops the partial products below 2^-15. The sum is exact; the result is its leading 24
//   bits. Subnormal arguments and results are flushed to zero.
#pragma once

#include <cmath>
#include <limits>

namespace hone::kernels::gpu {

// x with subnormals flushed to a zero of the same sign, as ftz instructions see and leave them.
inline float flush(float x) {
  return std::abs(x) < std::numeric_limits<float>::min() ? std::copysign(0.0f, x) : x;
}

// x * y. Through double, where the product is exact, so that no compiler fuses it with an addition.
inline float multiply(float x, float y) {
  return flush(static_cast<float>(static_cast<double>(flush(x)) * static_cast<double>(flush(y))));
}

// x * y + z, rounded once.
inline float multiply_add(float x, float y, float z) {
  return flush(std::fma(flush(x), flush(y), flush(z)));
}

// 1 / x; zero when |x| > 2^126, infinity for a subnormal.
float reciprocal(float x);

// NaN below zero.
float sqrt(float x);

// log2 of x > 0. Exact to the bit outside (1 - 8.5e-5, 1 + 4.25e-5): inside, the hardware uses
// another scheme and this is the correctly rounded logarithm.
float log2(float x);

// 2^x. Fractions of x below 2^-23 are dropped.
float exp2(float x);

}  // namespace hone::kernels::gpu
