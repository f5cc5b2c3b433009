// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/slots/slots.h"

#include <doctest/doctest.h>

#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

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

TEST_CASE("cuda: slots give the CPU's bits") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16})
    for (const Shape& state : {Shape{7}, Shape{3, 8}, Shape{3, 100, 33}})
      for (const std::vector<int32_t>& slots : {std::vector<int32_t>{}, {2}, {4, 0, 1, 3}}) {
        const auto of = [&](int64_t n, const char* name) {
          Shape shape{n};
          for (const int64_t d : state) shape.push_back(d);
          return random_tensor(shape, dtype, name);
        };
        const auto run = [](const std::vector<Tensor>& t) {
          const Tensor states = cast(t[0], t[0].dtype());
          scatter_slots(t[1], t[2], states);
          return std::vector<Tensor>{gather_slots(t[0], t[2]), states};
        };
        const auto count = static_cast<int64_t>(slots.size());
        test::check_gpu_matches(state.str(), {of(5, "states"), of(count, "x"), i32(slots)}, run, 0);
      }
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
