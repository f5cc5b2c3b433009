// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/arithmetic.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "tests/support/compare.h"

namespace hone {
namespace {

const Shape kShapes[] = {{1}, {17}, {3, 33}, {2, 3, 5}, {0, 4}};

TEST_CASE("gradcheck: add") {
  for (const Shape& shape : kShapes) {
    const auto r = gradcheck(
        [](std::span<const Var> v) {
          return std::vector<Var>{add(v[0], v[1]), add(v[1], v[1])};
        },
        {random_f64(shape, "a"), random_f64(shape, "b")});
    CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
  }
}

TEST_CASE("gradcheck: scale") {
  for (const Shape& shape : kShapes) {
    const auto r =
        gradcheck([factor = Tensor::scalar(-1.7)](
                      std::span<const Var> v) { return std::vector<Var>{scale(v[0], factor)}; },
                  {random_f64(shape, "x")});
    CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
  }
}

TEST_CASE("gradcheck: scale, by a number") {
  const auto r =
      gradcheck([](std::span<const Var> v) { return std::vector<Var>{scale(v[0], -1.7)}; },
                {random_f64({3, 5}, "x")});
  CHECK_MESSAGE(r.worst < 1e-7, r.where);
}

TEST_CASE("gradcheck: reshape") {
  for (const auto& [from, to] : {std::pair{Shape{1}, Shape{1, 1}},
                                 {Shape{17}, Shape{17, 1}},
                                 {Shape{4, 33}, Shape{2, 66}},
                                 {Shape{2, 3, 5}, Shape{30}}}) {
    const auto r =
        gradcheck([to = to](std::span<const Var> v) { return std::vector<Var>{reshape(v[0], to)}; },
                  {random_f64(from, "x")});
    CHECK_MESSAGE(r.worst < 1e-7, (from.str() + ": " + r.where));
  }
}

TEST_CASE("arithmetic: values, and a reshaped value shares its bytes") {
  const Var a(Tensor::of(std::vector<float>{1, -2, 3}, {3}));
  const Var b(Tensor::of(std::vector<float>{0.5f, 4, -1}, {3}));
  CHECK(add(a, b).value().to_vector<float>() == std::vector<float>{1.5f, 2, 2});
  CHECK(scale(a, Tensor::scalar(-2.0f)).value().to_vector<float>() ==
        std::vector<float>{-2, 4, -6});
  CHECK(reshape(a, {3, 1}).shape() == Shape{3, 1});
  CHECK(reshape(a, {3, 1}).value().shares_storage(a.value()));
}

TEST_CASE("arithmetic: bad operands are refused") {
  const Var a(random_f64({3}, "a"));
  CHECK_THROWS_AS(add(a, Var(random_f64({4}, "b"))), Error);
  CHECK_THROWS_WITH_AS(scale(a, Tensor::scalar(1.0f)), doctest::Contains("must be one float64"),
                       Error);
  CHECK_THROWS_WITH_AS(reshape(a, {2}), doctest::Contains("cannot view [3] as [2]"), Error);
}

}  // namespace
}  // namespace hone
