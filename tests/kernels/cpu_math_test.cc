// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the loops of _cpu.cc files are written with.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/core/exponential.h"
#include "kernels/core/flush_denormals.h"
#include "kernels/core/row_sum.h"
#include "tensor/dtype.h"

namespace hone::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The error in units of the last place of the exact value.
double error_in_ulp(float x) {
  const double exact = std::exp(static_cast<double>(x));
  int exponent;
  std::frexp(exact, &exponent);
  return std::abs(static_cast<double>(exponential(x)) - exact) / std::ldexp(1.0, exponent - 24);
}

TEST_CASE("exponential: all of the range, against double") {
  double worst = 0;
  for (int64_t pattern = 0; pattern < int64_t{1} << 32; pattern += 1009) {
    const float x = std::bit_cast<float>(static_cast<uint32_t>(pattern));
    if (x > -87.3f && x < 88.7f) worst = std::max(worst, error_in_ulp(x));
  }
  CHECK(worst < 0.8);
  CHECK(worst > 0.5);  // rounding alone
}

TEST_CASE("exponential: exact values and ends of the range") {
  CHECK(exponential(0.0f) == 1);
  CHECK(exponential(-0.0f) == 1);
  CHECK(exponential(kInfinity) == kInfinity);
  CHECK(exponential(-kInfinity) == 0);
  CHECK(exponential(88.72f) == doctest::Approx(std::exp(88.72f)));
  CHECK(exponential(88.8f) == kInfinity);
  CHECK(exponential(1e30f) == kInfinity);
  CHECK(exponential(-1e30f) == 0);
  CHECK(std::isnan(exponential(std::numeric_limits<float>::quiet_NaN())));
  // Below the normal numbers: within the smallest step there is.
  for (const float x : {-88.0f, -95.5f, -103.0f, -103.9f})
    CHECK(std::abs(exponential(x) - std::exp(x)) <= std::numeric_limits<float>::denorm_min());
  CHECK(exponential(0.3) == std::exp(0.3));
}

TEST_CASE("exponential: the same bits in a vector loop and alone") {
  for (const size_t n : {1, 3, 15, 16, 17, 100}) {
    std::vector<float> x(n), y(n);
    for (size_t i = 0; i < n; ++i) x[i] = static_cast<float>(i) * 1.7f - 80;
    for (size_t i = 0; i < n; ++i) y[i] = exponential(x[i]);
    for (size_t i = 0; i < n; ++i) {
      const volatile float alone = x[i];
      CHECK(y[i] == exponential(alone));
    }
  }
}

TEST_CASE("sigmoid: symmetric, and 0 and 1 at the ends") {
  CHECK(sigmoid(0.0f) == 0.5f);
  CHECK(sigmoid(-200.0f) == 0);
  CHECK(sigmoid(200.0f) == 1);
  for (const float x : {0.1f, 2.0f, 9.0f}) CHECK(sigmoid(x) + sigmoid(-x) == doctest::Approx(1));
}

TEST_CASE_TEMPLATE("row_sum: every length", A, float, double) {
  for (int64_t n = 0; n < 70; ++n) {
    std::vector<A> x(static_cast<size_t>(n));
    A sum = 0, most = -5;
    for (int64_t i = 0; i < n; ++i) {
      const A value = static_cast<A>((i * 37) % 41 - 20);
      x[static_cast<size_t>(i)] = value;
      sum += value;  // exact: small integers
      most = std::max(most, value);
    }
    CHECK(total<A>(x.data(), n) == sum);
    CHECK(largest(x.data(), n, A(-5)) == most);
  }
}

TEST_CASE("row_sum: bf16 elements are compared in float") {
  const std::vector<bf16> x = {bf16(-3.0f), bf16(2.5f), bf16(1.0f)};
  CHECK(largest(x.data(), 3, -kInfinity) == 2.5f);
  CHECK(total<float>(x.data(), 3) == 0.5f);
}

TEST_CASE("flush denormals: while one exists, and not after") {
  const volatile float small = std::numeric_limits<float>::min(), half = 0.5f;
  {
    const FlushDenormals flush;
#if defined(__x86_64__)
    CHECK(small * half == 0);
#endif
  }
  CHECK(small * half > 0);
}

}  // namespace
}  // namespace hone::kernels
