// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tensor/random.h"

#include <doctest/doctest.h>

#include <cmath>

namespace hone {
namespace {

TEST_CASE("random: Philox matches the authors' known answers") {
  // Salmon et al., Random123 kat_vectors, philox4x32 10 rounds.
  CHECK(philox({0, 0, 0, 0}, 0) ==
        std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822ull) ==
        std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random: streams differ by seed, path and step, and repeat exactly") {
  const RandomStream a(1, "layers.0.dropout", 5);
  CHECK(a.bits(17) == RandomStream(1, "layers.0.dropout", 5).bits(17));
  CHECK(a.bits(17) != RandomStream(2, "layers.0.dropout", 5).bits(17));
  CHECK(a.bits(17) != RandomStream(1, "layers.1.dropout", 5).bits(17));
  CHECK(a.bits(17) != RandomStream(1, "layers.0.dropout", 6).bits(17));
}

TEST_CASE("random: moments of uniform and normal numbers") {
  const RandomStream r(0, "moments");
  const int n = 200000;
  double u = 0, m = 0, v = 0;
  for (int i = 0; i < n; ++i) {
    u += r.uniform(static_cast<uint64_t>(i));
    const double x = r.normal(static_cast<uint64_t>(i));
    m += x;
    v += x * x;
  }
  CHECK(std::abs(u / n - 0.5) < 4 * std::sqrt(1.0 / 12 / n));
  CHECK(std::abs(m / n) < 4 / std::sqrt(n));
  CHECK(std::abs(v / n - 1) < 4 * std::sqrt(2.0 / n));
}

}  // namespace
}  // namespace hone
