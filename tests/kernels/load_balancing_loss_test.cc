// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/load_balancing_loss.h"

#include <doctest/doctest.h>

#include <limits>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/route.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

// Rows [begin, end), as the op reads them.
Tensor counted(int64_t begin, int64_t end) {
  return Tensor::of(std::vector<int32_t>{static_cast<int32_t>(begin), static_cast<int32_t>(end)},
                    {2});
}

using test::random_tensor;
using test::rel_err;
using test::same_bits;

// Straight from the definition, in double.
double definition(const std::vector<Tensor>& logits, const std::vector<Tensor>& ids, int64_t begin,
                  int64_t end) {
  const int64_t E = logits[0].dim(1), K = ids[0].dim(1);
  const double rows = static_cast<double>(logits.size()) * static_cast<double>(end - begin);
  std::vector<double> f(E), p(E);
  for (size_t l = 0; l < logits.size(); ++l) {
    const std::vector<double> x = kernels::cast(logits[l], DType::f64).to_vector<double>();
    for (int64_t n = begin; n < end; ++n) {
      double sum = 0;
      for (int64_t e = 0; e < E; ++e) sum += std::exp(x[n * E + e]);
      for (int64_t e = 0; e < E; ++e) p[e] += std::exp(x[n * E + e]) / sum / rows;
      for (int64_t j = 0; j < K; ++j) f[ids[l].data<int32_t>()[n * K + j]] += 1 / rows;
    }
  }
  double loss = 0;
  for (int64_t e = 0; e < E; ++e) loss += static_cast<double>(E) * f[e] * p[e];
  return loss;
}

struct Layers {
  std::vector<Tensor> logits, ids;

  Layers(int64_t layers, int64_t n, int64_t experts, int64_t k, DType dtype) {
    for (int64_t l = 0; l < layers; ++l) {
      logits.push_back(random_tensor({n, experts}, dtype, "logits" + std::to_string(l)));
      ids.push_back(kernels::moe_route_forward(logits.back(), k, true, Tensor()).ids);
    }
  }
  std::vector<Var> vars() const {
    std::vector<Var> v;
    for (const Tensor& t : logits) v.emplace_back(t, true);
    return v;
  }
};

TEST_CASE("load_balancing_loss: matches the definition over all layers and rows") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-13}, {DType::f32, 1e-6}, {DType::bf16, 1e-6}})
    for (const auto& [layers, n, experts, k, begin, end] :
         {std::array<int64_t, 6>{1, 1, 1, 1, 0, 1},
          {3, 130, 17, 4, 0, 130},
          {2, 200, 8, 2, 3, 171},
          {5, 33, 64, 8, 32, 33}}) {
      const Layers m(layers, n, experts, k, dtype);
      const auto out = kernels::load_balancing_forward(m.logits, m.ids, counted(begin, end));
      CHECK(out.loss.dtype() == kernels::accumulator_dtype(dtype));
      const double expected = definition(m.logits, m.ids, begin, end);
      CHECK(kernels::cast(out.loss, DType::f64).item<double>() ==
            doctest::Approx(expected).epsilon(tolerance));
    }
}

TEST_CASE("load_balancing_loss: K for an even load, more for an uneven one, 0 without rows") {
  // Uniform probabilities, every expert chosen equally often.
  const Tensor even = Tensor::zeros({4, 4}, DType::f64);
  const Tensor round = Tensor::of(std::vector<int32_t>{0, 1, 1, 2, 2, 3, 3, 0}, {4, 2});
  const auto loss = [](const Tensor& logits, const Tensor& ids, int64_t end) {
    return kernels::load_balancing_forward(std::vector<Tensor>{logits}, std::vector<Tensor>{ids},
                                           counted(0, end))
        .loss.item<double>();
  };
  CHECK(loss(even, round, 4) == doctest::Approx(2.0).epsilon(1e-14));
  CHECK(loss(even, round, 0) == 0);
  const Tensor tilted = Tensor::of(std::vector<double>{3, 2, 0, 0}, {1, 4});
  CHECK(loss(tilted, Tensor::of(std::vector<int32_t>{0, 1}, {1, 2}), 1) > 3);
}

TEST_CASE("gradcheck: load_balancing_loss") {
  for (const auto& [layers, n, experts, k, begin, end] : {std::array<int64_t, 6>{1, 1, 2, 1, 0, 1},
                                                          {2, 5, 3, 2, 0, 5},
                                                          {3, 4, 7, 3, 1, 3},
                                                          {1, 17, 5, 1, 2, 17}}) {
    const Layers m(layers, n, experts, k, DType::f64);
    const auto r = gradcheck(
        [&, begin = begin, end = end](std::span<const Var> v) {
          return std::vector<Var>{load_balancing_loss(v, m.ids, counted(begin, end))};
        },
        m.logits);
    CHECK_MESSAGE(r.worst < 1e-7, r.where);
  }
}

TEST_CASE("load_balancing_loss: padding rows and frozen layers get no gradient") {
  const Layers m(2, 6, 5, 2, DType::f32);
  const std::vector<Var> logits = {Var(m.logits[0], true), Var(m.logits[1], false)};
  Tape tape;
  tape.backward(load_balancing_loss(logits, m.ids, counted(2, 5)));
  const Tensor g = logits[0].grad()->value();
  CHECK(same_bits(g.rows(0, 2), Tensor::zeros({2, 5}, DType::f32)));
  CHECK(same_bits(g.rows(5, 6), Tensor::zeros({1, 5}, DType::f32)));
  CHECK(rel_err(g.rows(2, 5), Tensor::zeros({3, 5}, DType::f32)) > 0);
  CHECK_FALSE(logits[1].grad()->value().defined());
}

TEST_CASE("load_balancing_loss: the rows that count are read on the device, and padding never") {
  const Layers m(2, 150, 5, 2, DType::f32);
  const std::vector<Var> logits = m.vars();
  const Tensor rows = counted(0, 150);
  const auto loss = [&](const Tensor& r) {
    return kernels::load_balancing_forward(m.logits, m.ids, r).loss;
  };
  CHECK(same_bits(loss(rows), loss({})));
  // The tensor changes between the two passes, as between two replays of a captured one.
  rows.data<int32_t>()[0] = 5;
  rows.data<int32_t>()[1] = 70;
  std::vector<Tensor> part, ids;
  for (size_t l = 0; l < 2; ++l) {
    part.push_back(m.logits[l].rows(5, 70));
    ids.push_back(m.ids[l].rows(5, 70));
  }
  CHECK(same_bits(loss(rows), kernels::load_balancing_forward(part, ids, {}).loss));
  kernels::fill(m.logits[0].rows(70, 150), std::numeric_limits<double>::quiet_NaN());
  CHECK(same_bits(loss(rows), kernels::load_balancing_forward(part, ids, {}).loss));
}

TEST_CASE("load_balancing_loss: bf16 logits have f32 accuracy") {
  const Layers m(2, 40, 12, 3, DType::bf16);
  const auto gradient = [&](DType dtype) {
    std::vector<Var> v;
    for (const Tensor& t : m.logits) v.emplace_back(kernels::cast(t, dtype), true);
    Tape tape;
    tape.backward(load_balancing_loss(v, m.ids, {}));
    return v[1].grad()->value();
  };
  CHECK(rel_err(gradient(DType::bf16), gradient(DType::f64)) < 4e-3);
}

TEST_CASE("load_balancing_loss: the same bits with one and two threads") {
  const Layers m(3, 1000, 32, 4, DType::f32);
  const int before = kernels::num_threads();
  std::vector<std::vector<Tensor>> results;
  for (const int threads : {1, 2}) {
    kernels::set_num_threads(threads);
    const std::vector<Var> v = m.vars();
    Tape tape;
    const Var loss = load_balancing_loss(v, m.ids, counted(10, 990));
    tape.backward(loss);
    results.push_back({loss.value(), v[0].grad()->value(), v[2].grad()->value()});
  }
  kernels::set_num_threads(before);
  for (size_t i = 0; i < results[0].size(); ++i) CHECK(same_bits(results[0][i], results[1][i]));
}

TEST_CASE("load_balancing_loss: bad operands are refused") {
  const Layers m(2, 4, 3, 1, DType::f32), other(1, 4, 5, 1, DType::f32);
  const auto run = [](std::vector<Tensor> logits, std::vector<Tensor> ids, int64_t end) {
    kernels::load_balancing_forward(logits, ids, counted(0, end));
  };
  CHECK_THROWS_WITH_AS(run(m.logits, {m.ids[0]}, 4), doctest::Contains("2 logits and 1 choices"),
                       Error);
  CHECK_THROWS_WITH_AS(run({m.logits[0], other.logits[0]}, m.ids, 4),
                       doctest::Contains("must be a contiguous matrix like the first"), Error);
  CHECK_THROWS_WITH_AS(run(m.logits, m.ids, 5), doctest::Contains("rows [0, 5) of logits [4, 3]"),
                       Error);
  CHECK_THROWS_WITH_AS(
      run({m.logits[0]}, {Tensor::of(std::vector<int32_t>{0, 3, 1, 2}, {4, 1})}, 4),
      doctest::Contains("expert id 3 of token 1"), Error);
}

TEST_CASE("cuda: the load-balancing loss matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Shape& shape : {Shape{1, 1}, Shape{63, 5}, Shape{500, 256}})
      for (const bool all : {true, false}) {
        const int64_t N = shape[0], E = shape[1], K = std::min<int64_t>(2, E);
        const DType sums = kernels::accumulator_dtype(dtype);
        const Tensor a = random_tensor(shape, dtype, "a"), b = random_tensor(shape, dtype, "b");
        const auto run = [&](const std::vector<Tensor>& t) {
          const std::vector<Tensor> logits{t[0], t[1]}, ids{t[2], t[3]};
          const Tensor range = all ? Tensor() : t[4];
          const auto out = kernels::load_balancing_forward(logits, ids, range);
          return std::vector<Tensor>{
              out.loss, out.fractions,
              kernels::load_balancing_backward(t[5], t[0], out.fractions, range, 2)};
        };
        test::check_gpu_matches(shape.str(),
                                {a, b, kernels::moe_route_forward(a, K, true, {}).ids,
                                 kernels::moe_route_forward(b, K, true, {}).ids, counted(N / 3, N),
                                 kernels::cast(Tensor::scalar(0.7), sums)},
                                run, 4);
      }
}

}  // namespace
}  // namespace hone
