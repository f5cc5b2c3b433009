// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gpu_math/gpu_math.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>

namespace hone {
namespace {

namespace gpu = kernels::gpu;

uint32_t bits(float x) { return std::bit_cast<uint32_t>(x); }
float number(uint32_t u) { return std::bit_cast<float>(u); }

// FNV over the result bits of f at count arguments x(0), x(1), ...
template <class F, class X>
uint64_t hash(F f, X x, uint32_t count) {
  uint64_t h = 14695981039346656037ull;
  for (uint32_t i = 0; i < count; ++i) h = (h ^ bits(f(x(i)))) * 1099511628211ull;
  return h;
}

TEST_CASE("gpu_math: all 2^23 significands hash to what an H200 computed") {
  constexpr uint32_t kCount = 1u << 23;
  const auto from = [](uint32_t base) { return [base](uint32_t i) { return number(base + i); }; };
  CHECK(hash(gpu::reciprocal, from(0x3f800000u), kCount) == 0xfa72a6c698274964u);
  CHECK(hash(gpu::sqrt, from(0x3f800000u), kCount) == 0xec162b03dcc39119u);
  CHECK(hash(gpu::sqrt, from(0x40000000u), kCount) == 0x30da7c2ce0196274u);
  const auto fraction = [](uint32_t i) { return static_cast<float>(i) * 0x1p-23f; };
  CHECK(hash(gpu::exp2, fraction, kCount) == 0xbb093af6b6fa7edbu);
  // log2 below and above the neighbourhood of 1 that it does not follow.
  CHECK(hash(gpu::log2, from(0x3f000000u), kCount - 2048) == 0x838566faad8592a3u);
  CHECK(hash(gpu::log2, from(0x3f800000u + 512), kCount - 512) == 0xc492ae508cbe02feu);
}

TEST_CASE("gpu_math: powers of the customary betas") {
  CHECK(bits(gpu::log2(0.9f)) == 0xbe1ba6b3u);
  CHECK(bits(gpu::log2(0.95f)) == 0xbd978d9bu);
  CHECK(bits(gpu::log2(0.99f)) == 0xbc6d8f4eu);
  CHECK(bits(gpu::log2(0.999f)) == 0xbabd2dfcu);
  CHECK(bits(gpu::log2(0.9999f)) == 0xb9173d32u);
  CHECK(bits(gpu::log2(0.5f)) == 0xbf7ffffeu);
  CHECK(gpu::log2(0.99995f) == doctest::Approx(std::log2(double{0.99995f})).epsilon(1e-7));
}

TEST_CASE("gpu_math: zeros, subnormals, infinities and NaN") {
  CHECK(bits(gpu::reciprocal(number(0x800116c2u))) == 0xff800000u);
  CHECK(bits(gpu::reciprocal(number(0x7e800000u))) == 0x00800000u);
  CHECK(bits(gpu::reciprocal(number(0x7e800001u))) == 0);
  CHECK(bits(gpu::reciprocal(-INFINITY)) == 0x80000000u);
  CHECK(bits(gpu::reciprocal(-3.0f)) == 0xbeaaaaabu);
  CHECK(std::isnan(gpu::reciprocal(NAN)));
  CHECK(bits(gpu::sqrt(number(0x800116c2u))) == 0x80000000u);
  CHECK(bits(gpu::sqrt(number(0x0082ab1eu))) == 0x200153ccu);
  CHECK(std::isnan(gpu::sqrt(-3.0f)));
  CHECK(bits(gpu::log2(number(0x000116c2u))) == 0xff800000u);
  CHECK(bits(gpu::log2(number(0x0082ab1eu))) == 0xc2fbf0c2u);
  CHECK(gpu::exp2(-3.0f) == 0.125f);
  CHECK(gpu::exp2(-INFINITY) == 0);
  CHECK(gpu::exp2(-1e-8f) == 1);
  CHECK(gpu::exp2(200) == INFINITY);
  CHECK(bits(gpu::flush(-1e-40f)) == 0x80000000u);
  CHECK(gpu::multiply(1e-30f, 1e-9f) == 0);
  CHECK(gpu::multiply_add(1 + 0x1p-23f, 1 - 0x1p-23f, -1) == -0x1p-46f);
}

}  // namespace
}  // namespace hone
