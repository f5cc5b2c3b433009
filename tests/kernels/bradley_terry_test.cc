// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/bradley_terry.h"

#include <doctest/doctest.h>

#include <cmath>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::PreferencePairs;
using test::random_tensor;

// P pairs and one of padding over n scores, no score in two of them. Requires: n >= 2 P.
PreferencePairs pairs_in(int64_t n, int64_t count, bool margins, DType dtype, double centre) {
  const DType sums = kernels::accumulator_dtype(dtype);
  std::vector<int32_t> rows;
  for (int64_t i = 0; i < 2 * count; ++i)
    rows.push_back(static_cast<int32_t>(n - 1 - i * (n / (2 * count))));
  rows.insert(rows.end(), {-1, -1});
  PreferencePairs pairs;
  pairs.rows = Tensor::of(rows, {2 * count + 2});
  if (margins) pairs.margins = random_tensor({count + 1}, sums, "margins", 0.5);
  pairs.num_pairs = kernels::cast(Tensor::scalar(static_cast<double>(count + 3)), sums);
  pairs.centre = centre;
  return pairs;
}

double value_of(const Tensor& scalar) { return kernels::cast(scalar, DType::f64).item<double>(); }

TEST_CASE("bradley_terry: matches the definition") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 1e-6}})
    for (const auto& [n, count] : {std::pair<int64_t, int64_t>{2, 1}, {63, 7}, {500, 250}})
      for (const bool margins : {false, true}) {
        const Tensor scores = random_tensor({n, 1}, dtype, "scores", 2);
        const PreferencePairs pairs = pairs_in(n, count, margins, dtype, 0.03);
        const std::vector<double> s = kernels::cast(scores, DType::f64).to_vector<double>();
        double loss = 0, right = 0;
        for (int64_t p = 0; p < count; ++p) {
          const double c = s[pairs.rows.data<int32_t>()[2 * p]];
          const double r = s[pairs.rows.data<int32_t>()[2 * p + 1]];
          const double m =
              margins ? kernels::cast(pairs.margins, DType::f64).data<double>()[p] : 0.0;
          loss += std::log(1 + std::exp(r + m - c)) + 0.03 * (c + r) * (c + r);
          right += c > r;
        }
        const kernels::BradleyTerry out = kernels::bradley_terry_forward(scores, pairs);
        const auto items = static_cast<double>(count + 3);
        CHECK(value_of(out.loss) == doctest::Approx(loss / items).epsilon(tolerance));
        CHECK(value_of(out.right) == doctest::Approx(right / items).epsilon(tolerance));
      }
}

TEST_CASE("bradley_terry: scores far apart neither overflow nor vanish") {
  PreferencePairs pairs;
  pairs.rows = Tensor::of(std::vector<int32_t>{0, 1}, {2});
  pairs.num_pairs = Tensor::scalar(1.0f);
  const auto at = [&](float chosen, float rejected) {
    const Tensor scores = Tensor::of(std::vector<float>{chosen, rejected}, {2, 1});
    const Tensor d = kernels::bradley_terry_backward(Tensor::scalar(1.0f), scores, pairs);
    return std::pair(value_of(kernels::bradley_terry_forward(scores, pairs).loss),
                     static_cast<double>(d.data<float>()[0]));
  };
  CHECK(at(-500, 500) == std::pair(1000.0, -1.0));
  CHECK(at(500, -500) == std::pair(0.0, 0.0));
}

TEST_CASE("gradcheck: bradley_terry") {
  for (const auto& [n, count] : {std::pair<int64_t, int64_t>{2, 1}, {9, 3}, {40, 20}})
    for (const bool margins : {false, true})
      for (const double centre : {0.0, 0.1}) {
        const PreferencePairs pairs = pairs_in(n, count, margins, DType::f64, centre);
        const auto r = gradcheck(
            [&](std::span<const Var> v) { return std::vector<Var>{bradley_terry(v[0], pairs)}; },
            {random_f64({n, 1}, "scores", 2)});
        CHECK_MESSAGE(r.worst < 1e-7, r.where);
      }
}

TEST_CASE("bradley_terry: bad operands are refused") {
  const Tensor scores = random_tensor({4, 1}, DType::f32, "scores");
  const auto run = [&](PreferencePairs pairs) { kernels::bradley_terry_forward(scores, pairs); };
  const Tensor one = Tensor::scalar(1.0f);
  const auto rows = [](std::vector<int32_t> r) {
    return Tensor::of(r, {static_cast<int64_t>(r.size())});
  };
  CHECK_THROWS_WITH_AS(run({rows({0, 1, 2}), {}, one, 0}), doctest::Contains("two for each pair"),
                       Error);
  CHECK_THROWS_WITH_AS(run({rows({0, 4}), {}, one, 0}),
                       doctest::Contains("pair 0 is of the rows 0 and 4 of 4"), Error);
  CHECK_THROWS_WITH_AS(run({rows({0, 1}), Tensor::zeros({2}, DType::f32), one, 0}),
                       doctest::Contains("one for each of the 1 pairs"), Error);
  CHECK_THROWS_WITH_AS(run({rows({0, 1}), {}, Tensor::scalar(1.0), 0}),
                       doctest::Contains("num_pairs must be one float32"), Error);
}

TEST_CASE("cuda: bradley_terry matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const auto& [n, count] : {std::pair<int64_t, int64_t>{2, 1}, {63, 7}, {5000, 2500}}) {
      const PreferencePairs pairs = pairs_in(n, count, true, dtype, 0.02);
      const auto run = [&](const std::vector<Tensor>& t) {
        const PreferencePairs on_device = {t[1], t[2], t[3], 0.02};
        const auto out = kernels::bradley_terry_forward(t[0], on_device);
        return std::vector<Tensor>{out.loss, out.right,
                                   kernels::bradley_terry_backward(t[4], t[0], on_device)};
      };
      test::check_gpu_matches(
          "bradley_terry",
          {random_tensor({n, 1}, dtype, "scores", 2), pairs.rows, pairs.margins, pairs.num_pairs,
           kernels::cast(Tensor::scalar(0.7), kernels::accumulator_dtype(dtype))},
          run, 4);
    }
}

}  // namespace
}  // namespace hone
