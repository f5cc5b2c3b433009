// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/squared_relu.h"

#include <doctest/doctest.h>

#include <cmath>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/squared_relu/squared_relu.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::random_tensor;
using test::rel_err;

TEST_CASE("squared_relu: forward and backward match the definition") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-15}, {DType::f32, 1e-6}, {DType::bf16, 8e-3}})
    for (const Shape& shape : {Shape{1, 1}, Shape{63, 17}, Shape{5, 3, 129}}) {
      const Tensor x = random_tensor(shape, dtype, "x", 3), dy = random_tensor(shape, dtype, "dy");
      const Tensor y = kernels::cast(x, DType::f64), dx = kernels::cast(dy, DType::f64);
      for (int64_t i = 0; i < y.numel(); ++i) {
        const double positive = std::max(0.0, y.data<double>()[i]);
        y.data<double>()[i] = positive * positive;
        dx.data<double>()[i] *= 2 * positive;
      }
      CHECK(rel_err(kernels::squared_relu_forward(x), y) < tolerance);
      CHECK(rel_err(kernels::squared_relu_backward(dy, x), dx) < tolerance);
    }
}

TEST_CASE("squared_relu: NaN stays NaN, and nothing is negative zero") {
  const Tensor x = Tensor::of(std::vector<float>{NAN, -2, -0.0f, 3}, {4});
  const std::vector<float> y = kernels::squared_relu_forward(x).to_vector<float>();
  CHECK(std::isnan(y[0]));
  CHECK(y[1] == 0);
  CHECK_FALSE(std::signbit(y[2]));
  CHECK(y[3] == 9);
}

TEST_CASE("gradcheck: squared_relu") {
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 17}, Shape{33, 2}, Shape{0, 4}}) {
    const auto r =
        gradcheck([](std::span<const Var> v) { return std::vector<Var>{squared_relu(v[0])}; },
                  {random_f64(shape, "x")});
    CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
  }
}

TEST_CASE("squared_relu: bad operands are refused with both shapes named") {
  CHECK_THROWS_WITH_AS(
      kernels::squared_relu_backward(random_f64({2, 3}, "dy"), random_f64({2, 4}, "x")),
      doctest::Contains("dy [2, 3] float64 must be contiguous and like x [2, 4]"), Error);
}

TEST_CASE("cuda: squared_relu matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Shape& shape : {Shape{1, 1}, Shape{63, 17}, Shape{500, 128}, Shape{0, 8}})
      test::check_gpu_matches(
          shape.str(), {random_tensor(shape, dtype, "x", 3), random_tensor(shape, dtype, "dy")},
          [](const std::vector<Tensor>& t) {
            return std::vector<Tensor>{kernels::squared_relu_forward(t[0]),
                                       kernels::squared_relu_backward(t[1], t[0])};
          });
}

}  // namespace
}  // namespace hone
