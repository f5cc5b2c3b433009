// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv1d/conv1d_extend.h"

#include <doctest/doctest.h>

#include "kernels/core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone::kernels {
namespace {

using test::random_tensor;
using test::same_bits;

Tensor i32(const std::vector<int32_t>& v) {
  return Tensor::of(v, {static_cast<int64_t>(v.size())});
}

// Feeds two sequences of 70 and 9 tokens to slots 2 and 0 in calls of the given rows, and compares
// with one convolution over each whole sequence.
void check_calls(DType dtype, int64_t C, int64_t W,
                 const std::vector<std::pair<int32_t, int32_t>>& calls) {
  const Tensor a = random_tensor({70, C}, dtype, "a"), b = random_tensor({9, C}, dtype, "b");
  const Tensor w = random_tensor({C, 1, W}, dtype, "w");
  const Tensor want_a = conv1d_silu_forward(a, w, i32({0, 70}));
  const Tensor want_b = conv1d_silu_forward(b, w, i32({0, 9}));
  // What a slot held before does not matter to a new sequence.
  const Tensor states = random_tensor({3, W - 1, C}, dtype, "old", 1e3);
  const Tensor untouched = cast(states.rows(1, 2), dtype);
  int32_t at_a = 0, at_b = 0;
  for (const auto& [rows_a, rows_b] : calls) {
    const Tensor x = Tensor::empty({rows_a + rows_b, C}, dtype);
    copy_bytes(a.rows(at_a, at_a + rows_a), x.rows(0, rows_a));
    copy_bytes(b.rows(at_b, at_b + rows_b), x.rows(rows_a, rows_a + rows_b));
    const Tensor y = conv1d_silu_extend(x, w, i32({0, rows_a, rows_a + rows_b}), i32({2, 0}),
                                        i32({at_a, at_b}), states);
    CHECK(same_bits(y.rows(0, rows_a), want_a.rows(at_a, at_a + rows_a)));
    CHECK(same_bits(y.rows(rows_a, rows_a + rows_b), want_b.rows(at_b, at_b + rows_b)));
    at_a += rows_a;
    at_b += rows_b;
  }
  CHECK(at_a == 70);
  CHECK(at_b == 9);
  CHECK(same_bits(states.rows(1, 2), untouched));
}

TEST_CASE("conv1d_silu_extend: however a sequence is cut, the bits of the whole") {
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const int64_t C : {1, 17, 130})
      for (const int64_t W : {1, 2, 4, 8}) {
        check_calls(dtype, C, W, {{70, 9}});
        check_calls(dtype, C, W, {{1, 1}, {1, 0}, {0, 1}, {2, 1}, {65, 5}, {1, 1}});
        check_calls(dtype, C, W, {{3, 8}, {0, 0}, {66, 0}, {1, 1}});
      }
}

TEST_CASE("conv1d_silu_extend: the same bits on any number of threads") {
  const Tensor x = random_tensor({200, 70}, DType::f32, "x"),
               w = random_tensor({70, 4}, DType::f32, "w");
  std::vector<Tensor> results;
  for (const int threads : {1, 2}) {
    set_num_threads(threads);
    const Tensor states = random_tensor({2, 3, 70}, DType::f32, "states");
    results.push_back(
        conv1d_silu_extend(x, w, i32({0, 90, 200}), i32({1, 0}), i32({5, 0}), states));
    results.push_back(states);
  }
  CHECK(same_bits(results[0], results[2]));
  CHECK(same_bits(results[1], results[3]));
}

// Four sequences, one of them empty, two of one token; then one more token for each.
TEST_CASE("cuda: conv1d_silu_extend gives the CPU's numbers, states included") {
  if (!test::have_gpu()) return;
  const std::vector<int32_t> cu{0, 1, 1, 501, 564}, slots{3, 0, 4, 1}, starts{0, 5, 2, 70};
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const int64_t C : {1, 17, 130})
      for (const int64_t W : {1, 2, 4, 8}) {
        const auto run = [&](const std::vector<Tensor>& t) {
          const Tensor states = cast(t[2], dtype);
          const Tensor y = conv1d_silu_extend(t[0], t[1], t[4], t[5], t[6], states);
          const Tensor z = conv1d_silu_extend(t[3], t[1], t[7], t[5], t[8], states);
          return std::vector<Tensor>{y, z, states};
        };
        test::check_gpu_matches(
            std::to_string(C) + " channels, " + std::to_string(W) + " taps",
            {random_tensor({564, C}, dtype, "x"), random_tensor({C, 1, W}, dtype, "w"),
             random_tensor({5, W - 1, C}, dtype, "states"), random_tensor({4, C}, dtype, "next"),
             i32(cu), i32(slots), i32(starts), i32({0, 1, 2, 3, 4}), i32({1, 5, 502, 133})},
            run);
      }
}

// However a sequence is cut, the bits of the whole.
TEST_CASE("cuda: conv1d_silu_extend equals conv1d_silu_forward") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f32, DType::bf16})
    for (const int64_t W : {1, 3, 4, 8}) {
      const int64_t C = 136;
      const Tensor x = random_tensor({70, C}, dtype, "x").to(test::kGpu),
                   w = random_tensor({C, 1, W}, dtype, "w").to(test::kGpu);
      const Tensor want = conv1d_silu_forward(x, w, i32({0, 70}).to(test::kGpu)).to(kCpu);
      const Tensor states = random_tensor({2, W - 1, C}, dtype, "old", 1e3).to(test::kGpu);
      int32_t at = 0;
      for (const int32_t rows : {1, 2, 60, 1, 6}) {
        const auto there = [](const std::vector<int32_t>& v) { return i32(v).to(test::kGpu); };
        const Tensor y = conv1d_silu_extend(x.rows(at, at + rows), w, there({0, rows}), there({1}),
                                            there({at}), states);
        CHECK(same_bits(y.to(kCpu), want.rows(at, at + rows)));
        at += rows;
      }
      CHECK(at == 70);
    }
}

TEST_CASE("conv1d_silu_extend: bad operands are refused") {
  const Tensor x = random_tensor({5, 3}, DType::f32, "x"),
               w = random_tensor({3, 4}, DType::f32, "w");
  const auto run = [&](const Shape& states, const Tensor& slots, const Tensor& starts) {
    return conv1d_silu_extend(x, w, i32({0, 2, 5}), slots, starts,
                              Tensor::zeros(states, DType::f32));
  };
  CHECK_NOTHROW(run({2, 3, 3}, i32({0, 1}), i32({0, 7})));
  CHECK_THROWS_WITH(run({2, 4, 3}, i32({0, 1}), i32({0, 0})), doctest::Contains("states"));
  CHECK_THROWS_WITH(run({2, 3, 3}, i32({0, 2}), i32({0, 0})), doctest::Contains("slot 2 of 2"));
  CHECK_THROWS_WITH(run({2, 3, 3}, i32({1, 1}), i32({0, 0})), doctest::Contains("occurs twice"));
  CHECK_THROWS_WITH(run({2, 3, 3}, i32({0}), i32({0, 0})), doctest::Contains("slots"));
  CHECK_THROWS_WITH(run({2, 3, 3}, i32({0, 1}), i32({0, -1})), doctest::Contains("start -1"));
}

}  // namespace
}  // namespace hone::kernels
