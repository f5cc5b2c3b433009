// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/slots/slots.h"

#include <doctest/doctest.h>

#include "tests/support/compare.h"

namespace hone::kernels {
namespace {

using test::random_tensor;
using test::same_bits;

Tensor i32(const std::vector<int32_t>& v) {
  return Tensor::of(v, {static_cast<int64_t>(v.size())});
}

TEST_CASE("slots: states come out and go back where they belong") {
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16}) {
    const Tensor states = random_tensor({5, 3, 7}, dtype, "states");
    const Tensor before = cast(states, dtype);
    const Tensor slots = i32({4, 0, 2});
    const Tensor y = gather_slots(states, slots);
    CHECK(y.shape() == Shape{3, 3, 7});
    for (const auto& [s, slot] : {std::pair{0, 4}, {1, 0}, {2, 2}})
      CHECK(same_bits(y.rows(s, s + 1), states.rows(slot, slot + 1)));
    const Tensor x = random_tensor({3, 3, 7}, dtype, "x");
    scatter_slots(x, slots, states);
    CHECK(same_bits(gather_slots(states, slots), x));
    CHECK(same_bits(gather_slots(states, i32({1, 3})), gather_slots(before, i32({1, 3}))));
  }
  CHECK(gather_slots(Tensor::zeros({2, 3}, DType::f32), i32({})).numel() == 0);
}

TEST_CASE("slots: bad operands are refused") {
  const Tensor states = Tensor::zeros({2, 3}, DType::f32);
  CHECK_THROWS_WITH(gather_slots(states, i32({2})), doctest::Contains("slot 2 of 2"));
  CHECK_THROWS_WITH(gather_slots(states, i32({-1})), doctest::Contains("slot -1"));
  CHECK_THROWS_WITH(scatter_slots(Tensor::zeros({1, 4}, DType::f32), i32({0}), states),
                    doctest::Contains("does not fit"));
  CHECK_THROWS_WITH(scatter_slots(Tensor::zeros({2, 3}, DType::f32), i32({1, 1}), states),
                    doctest::Contains("occurs twice"));
}

}  // namespace
}  // namespace hone::kernels
