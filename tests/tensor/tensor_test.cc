// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tensor/tensor.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace hone {
namespace {

TEST_CASE("dtype: bf16 rounds to nearest even") {
  CHECK(static_cast<float>(bf16(1.0f)) == 1.0f);
  CHECK(bf16(1.00390625f).bits == 0x3f80);  // halfway between 0x3f80 and 0x3f81: even wins
  CHECK(bf16(1.01171875f).bits == 0x3f82);  // halfway between 0x3f81 and 0x3f82: even wins
  CHECK(bf16(1.003907f).bits == 0x3f81);    // just above halfway
  CHECK(std::isinf(static_cast<float>(bf16(3.4e38f))));
  CHECK(std::isnan(static_cast<float>(bf16(std::nanf("")))));
}

TEST_CASE("dtype: every f16 survives the way to f32 and back") {
  for (uint32_t b = 0; b < 0x10000; ++b) {
    f16 h;
    h.bits = static_cast<uint16_t>(b);
    const float x = h;
    if (std::isnan(x)) continue;
    REQUIRE(f16(x).bits == h.bits);
  }
  CHECK(f16(65520.0f).bits == 0x7c00);  // rounds up to infinity
  CHECK(f16(65519.0f).bits == 0x7bff);  // largest finite
  CHECK(f16(0x1p-25f).bits == 0);       // halfway to the smallest subnormal: even
  CHECK(f16(0x1.8p-25f).bits == 1);
  CHECK(f16(0x1.ffcp-15f + 0x1p-25f).bits == 0x400);  // rounds from subnormal to normal
}

TEST_CASE("shape: counting elements does not overflow silently") {
  CHECK(Shape{}.numel() == 1);
  CHECK(Shape{3, 0, 5}.numel() == 0);
  const Shape huge{int64_t{1} << 40, int64_t{1} << 40};
  CHECK_THROWS_WITH_AS(huge.numel(), doctest::Contains("overflows"), Error);
  CHECK_THROWS_AS((Shape{-1}), Error);
  CHECK_THROWS_AS((Shape{2, 3}[2]), Error);
}

TEST_CASE("tensor: views share bytes and know their strides") {
  const Tensor t = Tensor::of(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {3, 4});
  const Tensor column = t.narrow(1, 1, 2);
  CHECK(column.shares_storage(t));
  CHECK_FALSE(column.is_contiguous());
  CHECK(column.data<float>()[column.stride(0)] == 5);
  CHECK(t.rows(1, 3).data<float>()[0] == 4);
  const Tensor heads = t.split(1, 2);
  CHECK(heads.shape() == Shape{3, 2, 2});
  CHECK(heads.narrow(1, 1, 1).data<float>()[0] == 2);
  CHECK(t.view({2, 6}).dim(1) == 6);
  CHECK_THROWS_AS(t.view({5}), Error);
  CHECK_THROWS_AS(column.view({6}), Error);
  CHECK_THROWS_AS(t.narrow(0, 2, 2), Error);
  CHECK_THROWS_WITH_AS(t.data<double>(), doctest::Contains("float32 data read as float64"), Error);
}

TEST_CASE("tensor: a meta tensor has a shape, is counted and has no bytes") {
  const int64_t before = memory_stats(kMeta).live;
  {
    const Tensor t = Tensor::empty({1 << 20, 1 << 20, 1 << 10}, DType::bf16, kMeta);
    CHECK(t.raw() == nullptr);
    CHECK(memory_stats(kMeta).live - before == int64_t{1} << 51);
    CHECK(t.narrow(1, 5, 7).raw() == nullptr);
  }
  CHECK(memory_stats(kMeta).live == before);
}

}  // namespace
}  // namespace hone
