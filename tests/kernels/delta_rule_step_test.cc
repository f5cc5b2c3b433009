// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/delta_rule/delta_rule_step.h"

#include <doctest/doctest.h>

#include "kernels/core/parallel.h"
#include "kernels/delta_rule/delta_rule.h"
#include "kernels/l2_norm/l2_norm.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone::kernels {
namespace {

using test::random_tensor;
using test::rel_err;
using test::same_bits;

Tensor i32(const std::vector<int32_t>& v) {
  return Tensor::of(v, {static_cast<int64_t>(v.size())});
}

// Inputs of n tokens; gates as they come from delta_gates: g <= 0, beta in (0, 1).
DeltaStepInput inputs(int64_t n, const DeltaHeads& z, DType dtype, const std::string& stream) {
  DeltaStepInput in;
  const auto unit = [&](const char* name) {
    return l2_norm_forward(random_tensor({n, z.key_heads, z.key_dim}, dtype, stream + name), 1e-6)
        .y;
  };
  in.q = unit("q");
  in.k = unit("k");
  in.v = random_tensor({n, z.value_heads, z.value_dim}, dtype, stream + "v");
  std::vector<double> g, beta;
  const RandomStream random(3, stream);
  for (int64_t i = 0; i < n * z.value_heads; ++i) {
    g.push_back(-2.0 * static_cast<double>(random.uniform(static_cast<uint64_t>(2 * i))));
    beta.push_back(static_cast<double>(random.uniform(static_cast<uint64_t>(2 * i + 1))));
  }
  const DType wide = accumulator_dtype(dtype);
  in.g = cast(Tensor::of(g, {n, z.value_heads}), wide);
  in.beta = cast(Tensor::of(beta, {n, z.value_heads}), wide);
  return in;
}

DeltaStepInput rows(const DeltaStepInput& in, int64_t begin, int64_t end, const Tensor& slots) {
  return {in.q.rows(begin, end), in.k.rows(begin, end),    in.v.rows(begin, end),
          in.g.rows(begin, end), in.beta.rows(begin, end), slots};
}

TEST_CASE("gated_delta_rule_step: token by token equals the whole document, state included") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 3e-3}})
    for (const DeltaHeads& z : {DeltaHeads{1, 1, 1, 1}, DeltaHeads{2, 4, 6, 5},
                                DeltaHeads{1, 3, 32, 64}, DeltaHeads{2, 2, 33, 130}}) {
      const int64_t T = 9;
      const DeltaStepInput in = inputs(T, z, dtype, "document");
      const Tensor states =
          Tensor::zeros({3, z.value_heads, z.key_dim, z.value_dim}, accumulator_dtype(dtype));
      const Tensor o = Tensor::empty(in.v.shape(), dtype);
      for (int64_t t = 0; t < T; ++t)
        copy_bytes(gated_delta_rule_step(rows(in, t, t + 1, i32({1})), states), o.rows(t, t + 1));
      const DeltaRuleOutput want = gated_delta_rule_forward(
          {in.q, in.k, in.v, in.g, in.beta, i32({0, T}), Tensor()}, DeltaForm::recurrent, true);
      CHECK(rel_err(o, want.o) < tolerance);
      CHECK(rel_err(states.rows(1, 2), want.final_state) < tolerance);
      CHECK(same_bits(states.rows(0, 1), Tensor::zeros_like(states.rows(0, 1))));
      CHECK(same_bits(states.rows(2, 3), Tensor::zeros_like(states.rows(2, 3))));
    }
}

TEST_CASE("gated_delta_rule_step: continues where the chunked form stopped") {
  const DeltaHeads z{2, 4, 16, 24};
  const DeltaStepInput in = inputs(150, z, DType::f64, "long");
  const auto upto = [&](int64_t n) {
    const DeltaStepInput part = rows(in, 0, n, i32({0}));
    return gated_delta_rule_forward(
        {part.q, part.k, part.v, part.g, part.beta, i32({0, static_cast<int32_t>(n)}), Tensor()},
        DeltaForm::chunked, true);
  };
  const Tensor states = upto(130).final_state;
  const DeltaRuleOutput want = upto(150);
  for (int64_t t = 130; t < 150; ++t)
    CHECK(rel_err(gated_delta_rule_step(rows(in, t, t + 1, i32({0})), states),
                  want.o.rows(t, t + 1)) < 1e-12);
  CHECK(rel_err(states, want.final_state) < 1e-12);
}

TEST_CASE("gated_delta_rule_step: a sequence's bits do not depend on the others or on threads") {
  const DeltaHeads z{2, 4, 33, 70};
  const DeltaStepInput in = inputs(5, z, DType::f32, "batch");
  const auto fresh = [&] {
    return random_tensor({7, z.value_heads, z.key_dim, z.value_dim}, DType::f32, "states");
  };
  const std::vector<int32_t> slots{6, 0, 3, 1, 5};
  Tensor states[2], o[2];
  for (int run = 0; run < 2; ++run) {
    set_num_threads(run + 1);
    states[run] = fresh();
    o[run] = gated_delta_rule_step(rows(in, 0, 5, i32(slots)), states[run]);
  }
  CHECK(same_bits(o[0], o[1]));
  CHECK(same_bits(states[0], states[1]));
  const Tensor alone = fresh();
  for (int64_t n = 4; n >= 0; --n) {
    const Tensor one =
        gated_delta_rule_step(rows(in, n, n + 1, i32({slots[static_cast<size_t>(n)]})), alone);
    CHECK(same_bits(one, o[0].rows(n, n + 1)));
  }
  CHECK(same_bits(alone, states[0]));
}

TEST_CASE("cuda: gated_delta_rule_step gives the CPU's numbers, states included") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const DeltaHeads& z : {DeltaHeads{1, 1, 1, 1}, DeltaHeads{2, 6, 33, 70},
                                DeltaHeads{3, 3, 64, 130}, DeltaHeads{16, 32, 128, 128}}) {
      const DType wide = accumulator_dtype(dtype);
      const std::vector<int32_t> slots{6, 0, 3, 1, 5};
      for (const int64_t n : {int64_t{1}, int64_t{5}}) {
        const DeltaStepInput in = inputs(n, z, dtype, "batch");
        const Tensor states = random_tensor({7, z.value_heads, z.key_dim, z.value_dim}, wide, "S");
        const auto run = [&](const std::vector<Tensor>& t) {
          const Tensor changed = cast(t[6], wide);
          const Tensor o = gated_delta_rule_step({t[0], t[1], t[2], t[3], t[4], t[5]}, changed);
          return std::vector<Tensor>{o, changed};
        };
        test::check_gpu_matches(
            std::to_string(z.value_heads) + " heads of " + std::to_string(z.value_dim),
            {in.q, in.k, in.v, in.g, in.beta,
             i32(std::vector<int32_t>(slots.begin(), slots.begin() + n)), states},
            run);
      }
    }
}

TEST_CASE("gated_delta_rule_step: bad operands are refused") {
  const DeltaStepInput in = inputs(2, {1, 2, 3, 4}, DType::f32, "x");
  const auto run = [&](const Shape& states, const std::vector<int32_t>& slots) {
    return gated_delta_rule_step(rows(in, 0, 2, i32(slots)), Tensor::zeros(states, DType::f32));
  };
  CHECK_NOTHROW(run({2, 2, 3, 4}, {1, 0}));
  CHECK_THROWS_WITH(run({2, 2, 4, 3}, {1, 0}), doctest::Contains("states"));
  CHECK_THROWS_WITH(run({2, 2, 3, 4}, {1, 1}), doctest::Contains("occurs twice"));
  CHECK_THROWS_WITH(run({2, 2, 3, 4}, {1}), doctest::Contains("slots"));
  CHECK_THROWS_WITH(run({2, 2, 3, 4}, {1, 2}), doctest::Contains("slot 2 of 2"));
}

}  // namespace
}  // namespace hone::kernels
