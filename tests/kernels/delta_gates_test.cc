// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/delta_gates.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/delta_rule/delta_gates.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::random_tensor;
using test::rel_err;
using test::same_bits;

struct Operands {
  Operands(int64_t n, int64_t h, DType dtype, DType parameters)
      : a(random_tensor({n, h}, dtype, "a", 4)),
        b(random_tensor({n, h}, dtype, "b", 4)),
        a_log(random_tensor({h}, parameters, "a_log")),
        dt_bias(random_tensor({h}, parameters, "dt_bias")) {}
  Tensor a, b, a_log, dt_bias;
};

std::vector<double> wide(const Tensor& t) {
  return kernels::cast(t, DType::f64).to_vector<double>();
}

// g and the unrounded beta straight from their definitions, in double.
std::array<Tensor, 2> definition(const Operands& x) {
  const std::vector<double> a = wide(x.a), b = wide(x.b), rate = wide(x.a_log),
                            bias = wide(x.dt_bias);
  std::vector<double> g, beta;
  for (size_t i = 0; i < a.size(); ++i) {
    const size_t h = i % rate.size();
    g.push_back(-std::exp(rate[h]) * std::log1p(std::exp(a[i] + bias[h])));
    beta.push_back(1 / (1 + std::exp(-b[i])));
  }
  return {Tensor::of(g, x.a.shape()), Tensor::of(beta, x.a.shape())};
}

TEST_CASE("delta_gates: forward matches the definition in every dtype") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 1e-6}})
    for (const DType parameters : {dtype, kernels::accumulator_dtype(dtype)})
      for (const Shape& shape : {Shape{1, 1}, Shape{17, 3}, Shape{300, 32}}) {
        const Operands x(shape[0], shape[1], dtype, parameters);
        const auto out = kernels::delta_gates_forward(x.a, x.b, x.a_log, x.dt_bias);
        const auto [g, beta] = definition(x);
        CHECK(out.g.dtype() == kernels::accumulator_dtype(dtype));
        CHECK(rel_err(out.g, g) < tolerance);
        // beta takes the model's dtype first, then is widened without change.
        CHECK(rel_err(out.beta, beta) < (dtype == DType::bf16 ? 4e-3 : tolerance));
        const Tensor rounded = kernels::cast(kernels::cast(out.beta, dtype), out.beta.dtype());
        CHECK(same_bits(out.beta, rounded));
      }
}

TEST_CASE("delta_gates: gates far from zero neither overflow nor turn positive") {
  const std::vector<float> far{-1e4f, -100, 100, 1e4f};
  const Tensor x = Tensor::of(far, {4, 1}), zero = Tensor::zeros({1}, DType::f32);
  const auto out = kernels::delta_gates_forward(x, x, zero, zero);
  const std::vector<float> g = out.g.to_vector<float>(), beta = out.beta.to_vector<float>();
  CHECK(g[0] == 0);
  CHECK(g[1] == doctest::Approx(-std::exp(-100.0)).epsilon(1e-5));
  CHECK(g[2] == -100);
  CHECK(g[3] == -1e4f);
  CHECK(beta == std::vector<float>{0, beta[1], 1, 1});
  CHECK(beta[1] >= 0);
  CHECK(beta[1] < 1e-38f);
}

TEST_CASE("gradcheck: delta_gates") {
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 5}, Shape{17, 2}, Shape{4, 3}, Shape{270, 1}}) {
    const auto r = gradcheck(
        [&](std::span<const Var> v) {
          const auto [g, beta] = delta_gates(v[0], v[1], v[2], v[3]);
          return std::vector<Var>{g, beta};
        },
        {random_f64(shape, "a", 2), random_f64(shape, "b", 2), random_f64({shape[1]}, "a_log"),
         random_f64({shape[1]}, "dt_bias")});
    CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
  }
}

TEST_CASE("delta_gates: the same bits on any number of threads") {
  const Operands x(1000, 7, DType::f32, DType::f32);
  const Tensor dg = random_tensor({1000, 7}, DType::f32, "dg"),
               dbeta = random_tensor({1000, 7}, DType::f32, "dbeta");
  std::vector<Tensor> results[2];
  for (int run = 0; run < 2; ++run) {
    kernels::set_num_threads(run + 1);
    const auto out = kernels::delta_gates_forward(x.a, x.b, x.a_log, x.dt_bias);
    const Tensor rate = Tensor::empty({7}, DType::f32), bias = Tensor::empty({7}, DType::f32);
    const auto d = kernels::delta_gates_backward(dg, dbeta, x.a, x.b, x.a_log, x.dt_bias,
                                                 {rate, false}, {bias, false});
    results[run] = {out.g, out.beta, d.da, d.db, rate, bias};
  }
  for (size_t i = 0; i < results[0].size(); ++i) CHECK(same_bits(results[0][i], results[1][i]));
}

TEST_CASE("delta_gates: bad operands are refused") {
  const auto t = [](const Shape& shape) { return random_tensor(shape, DType::f32, "t"); };
  CHECK_THROWS_WITH_AS(kernels::delta_gates_forward(t({4, 3}), t({4, 2}), t({3}), t({3})),
                       doctest::Contains("a [4, 3] float32 and b [4, 2] float32"), Error);
  CHECK_THROWS_WITH_AS(kernels::delta_gates_forward(t({4, 3}), t({4, 3}), t({3}), t({2})),
                       doctest::Contains("parameter [2] does not fit a [4, 3]"), Error);
}

TEST_CASE("cuda: delta_gates matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Shape& shape :
         {Shape{1, 1}, Shape{63, 3}, Shape{500, 32}, Shape{300, 48}, Shape{0, 4}}) {
      const DType sums = kernels::accumulator_dtype(dtype);
      const Operands x(shape[0], shape[1], dtype, sums);
      const auto run = [&](const std::vector<Tensor>& t) {
        const auto out = kernels::delta_gates_forward(t[0], t[1], t[2], t[3]);
        const kernels::GradTarget da_log{kernels::cast(t[2], sums), true};
        const kernels::GradTarget ddt_bias{Tensor::empty_like(t[3])};
        const auto d =
            kernels::delta_gates_backward(t[4], t[5], t[0], t[1], t[2], t[3], da_log, ddt_bias);
        const auto one = kernels::delta_gates_backward({}, t[5], t[0], t[1], t[2], t[3], {}, {});
        return std::vector<Tensor>{out.g,         out.beta,        d.da,   d.db,
                                   da_log.tensor, ddt_bias.tensor, one.da, one.db};
      };
      test::check_gpu_matches(shape.str(),
                              {x.a, x.b, x.a_log, x.dt_bias, random_tensor(shape, sums, "dg"),
                               random_tensor(shape, sums, "dbeta")},
                              run, 4);
    }
}

}  // namespace
}  // namespace hone
