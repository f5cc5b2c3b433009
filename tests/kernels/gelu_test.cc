// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/gelu.h"

#include <doctest/doctest.h>

#include <cmath>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/gelu/gelu.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::GeluForm;
using test::random_tensor;
using test::rel_err;

constexpr GeluForm kForms[] = {GeluForm::erf, GeluForm::tanh};

double definition(double x, GeluForm form) {
  if (form == GeluForm::erf) return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
  const double a = std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1 + std::tanh(a));
}

double slope(double x, GeluForm form) {
  const double pi = std::acos(-1.0);
  if (form == GeluForm::erf)
    return 0.5 * (1 + std::erf(x / std::sqrt(2.0))) + x * std::exp(-x * x / 2) / std::sqrt(2 * pi);
  const double tanh = std::tanh(std::sqrt(2 / pi) * (x + 0.044715 * x * x * x));
  const double inner = std::sqrt(2 / pi) * (1 + 3 * 0.044715 * x * x);
  return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * inner;
}

TEST_CASE("gelu: forward and backward match the definition") {
  for (const GeluForm form : kForms)
    for (const auto& [dtype, tolerance] :
         {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 8e-3}})
      for (const Shape& shape : {Shape{1, 1}, Shape{63, 17}, Shape{5, 3, 129}}) {
        const Tensor x = random_tensor(shape, dtype, "x", 3),
                     dy = random_tensor(shape, dtype, "dy");
        const Tensor y = kernels::cast(x, DType::f64), dx = kernels::cast(dy, DType::f64);
        for (int64_t i = 0; i < y.numel(); ++i) {
          const double at = y.data<double>()[i];
          dx.data<double>()[i] *= slope(at, form);
          y.data<double>()[i] = definition(at, form);
        }
        CHECK(rel_err(kernels::gelu_forward(x, form), y) < tolerance);
        // One element alone may lie where the slope crosses zero.
        if (shape.numel() > 1) CHECK(rel_err(kernels::gelu_backward(dy, x, form), dx) < tolerance);
      }
}

TEST_CASE("gelu: the two forms are different, and large inputs neither overflow nor give NaN") {
  const Tensor one = Tensor::of(std::vector<double>{1}, {1});
  CHECK(kernels::gelu_forward(one, GeluForm::erf).item<double>() ==
        doctest::Approx(0.8413447460685429).epsilon(1e-14));
  CHECK(kernels::gelu_forward(one, GeluForm::tanh).item<double>() ==
        doctest::Approx(0.8411919906082768).epsilon(1e-14));
  const Tensor x = Tensor::of(std::vector<float>{-1e4f, -100, 0, 100, 1e4f}, {5});
  const Tensor dy = Tensor::of(std::vector<float>{1, 1, 1, 1, 1}, {5});
  for (const GeluForm form : kForms) {
    CHECK(kernels::gelu_forward(x, form).to_vector<float>() ==
          std::vector<float>{0, 0, 0, 100, 1e4f});
    CHECK(kernels::gelu_backward(dy, x, form).to_vector<float>() ==
          std::vector<float>{0, 0, 0.5f, 1, 1});
  }
}

TEST_CASE("gradcheck: gelu") {
  for (const GeluForm form : kForms)
    for (const Shape& shape : {Shape{1, 1}, Shape{3, 17}, Shape{33, 2}, Shape{0, 4}}) {
      const auto r =
          gradcheck([&](std::span<const Var> v) { return std::vector<Var>{gelu(v[0], form)}; },
                    {random_f64(shape, "x")});
      CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
    }
}

TEST_CASE("gelu: bad operands are refused with both shapes named") {
  CHECK_THROWS_WITH_AS(
      kernels::gelu_backward(random_f64({2, 3}, "dy"), random_f64({2, 4}, "x"), GeluForm::erf),
      doctest::Contains("dy [2, 3] float64 must be contiguous and like x [2, 4]"), Error);
}

TEST_CASE("cuda: gelu matches the CPU") {
  if (!test::have_gpu()) return;
  for (const GeluForm form : kForms)
    for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
      for (const Shape& shape : {Shape{1, 1}, Shape{63, 17}, Shape{500, 128}, Shape{0, 8}}) {
        // A single element must not lie at the root of the slope, -0.75, where its two terms cancel.
        const double scale = shape.numel() == 1 ? 1 : 3;
        test::check_gpu_matches(
            shape.str(),
            {random_tensor(shape, dtype, "x", scale), random_tensor(shape, dtype, "dy")},
            [form](const std::vector<Tensor>& t) {
              return std::vector<Tensor>{kernels::gelu_forward(t[0], form),
                                         kernels::gelu_backward(t[1], t[0], form)};
            });
      }
}

}  // namespace
}  // namespace hone
