// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.h"

#include <doctest/doctest.h>

#include <cmath>

#include "kernels/elementwise/elementwise.h"
#include "tests/support/compare.h"

namespace hone {
namespace {

nn::ParameterArena make_arena(DType dtype = DType::f32) {
  const std::vector<nn::Parameter> parameters = {
      {"matrix", {80, 60}, true, false, 0, Var()},
      {"small", {8, 8}, true, false, 0, Var()},
      {"norm", {64}, true, false, 0, Var()},
      {"long vector", {5000}, true, false, 0, Var()},
  };
  nn::ParameterArena arena(parameters, dtype, kCpu, /*decay_vectors=*/false);
  for (const auto& slot : arena.slots())
    arena.place(slot.name, test::random_tensor(slot.shape, DType::f32, slot.name));
  return arena;
}

void set_gradients(const nn::ParameterArena& arena, int step, double scale = 1) {
  for (const auto& slot : arena.slots())
    kernels::cast_into(
        test::random_tensor(slot.shape, DType::f32, slot.name + std::to_string(step), scale),
        nn::ParameterArena::slice(arena.gradient(), slot), false);
}

Tensor copy(const Tensor& t) { return kernels::cast(t, t.dtype()); }
Tensor part(const nn::ParameterArena& a, const char* name) {
  return nn::ParameterArena::slice(a.master(), a.slot(name));
}

TEST_CASE("optimizer: decay reaches matrices only, and only scales them") {
  for (const bool eight_bit : {false, true}) {
    CAPTURE(eight_bit);
    nn::ParameterArena decayed = make_arena(), plain = make_arena();
    set_gradients(decayed, 0);
    set_gradients(plain, 0);
    AdamW(decayed, {.weight_decay = 0.5, .eight_bit = eight_bit}).step(0.01);
    AdamW(plain, {.eight_bit = eight_bit}).step(0.01);
    for (const char* vector : {"norm", "long vector"})
      CHECK(test::same_bits(part(decayed, vector), part(plain, vector)));
    for (const char* matrix : {"matrix", "small"})
      CHECK_FALSE(test::same_bits(part(decayed, matrix), part(plain, matrix)));
  }
}

TEST_CASE("optimizer: clipping makes the step independent of the gradient's size") {
  nn::ParameterArena a = make_arena(), b = make_arena();
  AdamW one(a, {.max_grad_norm = 0.5}), other(b, {.max_grad_norm = 0.5});
  double norm_a = 0, norm_b = 0;
  for (int step = 0; step < 3; ++step) {
    set_gradients(a, step, 1);
    set_gradients(b, step, 1024);
    norm_a = one.step(0.01);
    norm_b = other.step(0.01);
  }
  CHECK(norm_b == doctest::Approx(1024 * norm_a));
  CHECK(test::rel_err(a.master(), b.master()) < 1e-6);
}

TEST_CASE("optimizer: a gradient that is not finite changes nothing") {
  for (const bool eight_bit : {false, true}) {
    nn::ParameterArena a = make_arena();
    AdamW adamw(a, {.max_grad_norm = 1, .eight_bit = eight_bit});
    set_gradients(a, 0);
    adamw.step(0.01);
    const Tensor before = copy(a.master());
    set_gradients(a, 1);
    a.gradient().data<float>()[5] = INFINITY;
    CHECK_FALSE(std::isfinite(adamw.step(0.01)));
    CHECK(test::same_bits(a.master(), before));
    CHECK(adamw.steps_taken() == 1);
  }
}

TEST_CASE("optimizer: 8-bit moments follow the f32 ones and take a quarter of the memory") {
  nn::ParameterArena a = make_arena(), b = make_arena();
  AdamW full(a, {.weight_decay = 0.01}), small(b, {.weight_decay = 0.01, .eight_bit = true});
  const Tensor start = copy(a.master());
  for (int step = 0; step < 20; ++step) {
    set_gradients(a, step);
    set_gradients(b, step);
    full.step(1e-3);
    small.step(1e-3);
  }
  // Tensors below 4,096 elements keep f32 moments.
  CHECK(test::rel_err(part(b, "small"), part(a, "small")) < 1e-6);
  const double moved =
      test::rel_err(part(a, "matrix"), nn::ParameterArena::slice(start, a.slot("matrix")));
  CHECK(moved > 1e-3);
  CHECK(test::rel_err(part(b, "matrix"), part(a, "matrix")) < 0.1 * moved);
  CHECK(small.state_bytes() < full.state_bytes() / 3);
}

TEST_CASE("optimizer: the bf16 shadow follows the f32 master") {
  nn::ParameterArena a = make_arena(DType::bf16);
  for (const bool eight_bit : {false, true}) {
    AdamW adamw(a, {.eight_bit = eight_bit});
    set_gradients(a, 0);
    adamw.step(1e-2);
    CHECK(test::same_bits(a.shadow(), kernels::cast(a.master(), DType::bf16)));
  }
}

}  // namespace
}  // namespace hone
