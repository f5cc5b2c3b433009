// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/geglu.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/geglu/geglu.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::random_tensor;
using test::rel_err;

const Shape kShapes[] = {{1, 1}, {3, 17}, {33, 2}, {5, 9}, {0, 4}};

Tensor definition(const Tensor& gate, const Tensor& up) {
  const Tensor g = kernels::cast(gate, DType::f64), u = kernels::cast(up, DType::f64);
  for (int64_t i = 0; i < g.numel(); ++i) {
    const double x = g.data<double>()[i];
    const double tanh = std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x));
    g.data<double>()[i] = 0.5 * x * (1 + tanh) * u.data<double>()[i];
  }
  return g;
}

TEST_CASE("geglu: forward matches the definition") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 8e-3}})
    for (const Shape& shape : {Shape{1, 1}, Shape{63, 17}, Shape{5, 129}}) {
      const Tensor both = random_tensor({shape[0], 2 * shape[1]}, dtype, "x", 3.0);
      const Tensor gate = kernels::contiguous(both.narrow(1, 0, shape[1]));
      const Tensor up = kernels::contiguous(both.narrow(1, shape[1], shape[1]));
      const Tensor h = geglu(Var(gate), Var(up)).value();
      CHECK(rel_err(h, definition(gate, up)) < tolerance);
    }
}

TEST_CASE("geglu: large gates neither overflow nor give NaN") {
  const Tensor gate = Tensor::of(std::vector<float>{-1e4f, -100, 0, 100, 1e4f}, {1, 5});
  const Tensor up = Tensor::of(std::vector<float>{2, 2, 2, 2, 2}, {1, 5});
  const std::vector<float> h = geglu(Var(gate), Var(up)).value().to_vector<float>();
  CHECK(h == std::vector<float>{0, 0, 0, 200, 2e4f});
  const Tensor dg = Tensor::empty({1, 5}, DType::f32), du = Tensor::empty({1, 5}, DType::f32);
  kernels::geglu_backward(up, gate, up, dg, du);
  CHECK(std::isfinite(rel_err(dg, up)));
  CHECK(std::isfinite(rel_err(du, up)));
}

TEST_CASE("gradcheck: geglu") {
  for (const Shape& shape : kShapes) {
    const auto r =
        gradcheck([](std::span<const Var> v) { return std::vector<Var>{geglu(v[0], v[1])}; },
                  {random_f64(shape, "gate"), random_f64(shape, "up")});
    CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
  }
}

TEST_CASE("geglu: gradients in f32 and bf16 are near those in double, for any number of threads") {
  for (const auto& [dtype, tolerance] : {std::pair{DType::f32, 1e-6}, {DType::bf16, 8e-3}}) {
    const Shape shape = {65, 333};
    const Tensor gate = random_tensor(shape, dtype, "g"), up = random_tensor(shape, dtype, "u"),
                 dh = random_tensor(shape, dtype, "dh");
    const auto run = [&](const Tensor& g, const Tensor& u, const Tensor& d) {
      const std::array<Tensor, 2> out = {Tensor::empty_like(g), Tensor::empty_like(g)};
      kernels::geglu_backward(d, g, u, out[0], out[1]);
      return out;
    };
    const auto f64 = [](const Tensor& t) { return kernels::cast(t, DType::f64); };
    const int threads = kernels::num_threads();
    kernels::set_num_threads(1);
    const auto one = run(gate, up, dh);
    kernels::set_num_threads(2);
    const auto two = run(gate, up, dh);
    kernels::set_num_threads(threads);
    const auto exact = run(f64(gate), f64(up), f64(dh));
    for (size_t i : {0, 1}) {
      CHECK(test::same_bits(one[i], two[i]));
      CHECK(rel_err(one[i], exact[i]) < tolerance);
    }
  }
}

TEST_CASE("geglu: bad operands are refused with both shapes named") {
  CHECK_THROWS_WITH_AS(geglu(Var(random_f64({2, 3}, "g")), Var(random_f64({2, 4}, "u"))),
                       doctest::Contains("up [2, 4] float64 must be a matrix with contiguous "
                                         "columns like gate [2, 3]"),
                       Error);
}

TEST_CASE("cuda: geglu matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Shape& shape :
         {Shape{1, 1}, Shape{63, 17}, Shape{500, 128}, Shape{7, 2048}, Shape{0, 8}}) {
      const int64_t I = shape[1];
      const auto run =
          [&](const std::vector<Tensor>& t) {  // two halves of one matrix, and two matrices
            const Tensor gate = t[0].narrow(1, 0, I), up = t[0].narrow(1, I, I);
            const Tensor dboth = Tensor::empty_like(t[0]);
            kernels::geglu_backward(t[1], gate, up, dboth.narrow(1, 0, I), dboth.narrow(1, I, I));
            return std::vector<Tensor>{kernels::geglu_forward(gate, up), dboth,
                                       kernels::geglu_forward(t[1], t[1])};
          };
      test::check_gpu_matches(
          shape.str(),
          {random_tensor({shape[0], 2 * I}, dtype, "both", 3), random_tensor(shape, dtype, "dh")},
          run);
    }
}

}  // namespace
}  // namespace hone
