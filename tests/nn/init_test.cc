// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/init.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "kernels/core/parallel.h"
#include "tests/support/compare.h"

namespace hone::nn {
namespace {

TEST_CASE("init: moments and bounds of each kind") {
  const Shape shape{1000, 50};
  const auto values = [&](Init init) {
    return initial_value(shape, init, 1, "w").to_vector<float>();
  };
  double sum = 0, squares = 0;
  for (const float x : values(Init::normal(0.02))) {
    sum += x;
    squares += static_cast<double>(x) * x;
  }
  CHECK(std::abs(sum / 50000) < 4 * 0.02 / std::sqrt(50000.0));
  CHECK(std::sqrt(squares / 50000) == doctest::Approx(0.02).epsilon(0.02));
  const std::vector<float> u = values(Init::uniform(0.5));
  CHECK(*std::max_element(u.begin(), u.end()) > 0.499f);
  CHECK(*std::max_element(u.begin(), u.end()) <= 0.5f);
  CHECK(*std::min_element(u.begin(), u.end()) < -0.499f);
  const std::vector<float> a = values(Init::a_log());
  CHECK(*std::min_element(a.begin(), a.end()) >= std::log(0.01f));
  CHECK(*std::max_element(a.begin(), a.end()) <= std::log(16.0f));
  CHECK(values(Init::ones())[7] == 1);
  // Half of the steps, which are softplus of the biases, are above the middle of the logarithms.
  int64_t above = 0;
  for (const float bias : values(Init::dt_bias())) {
    const double step = std::log1p(std::exp(static_cast<double>(bias)));
    CHECK_MESSAGE((step > 0.000999 && step < 0.1001), step);
    above += step > 0.01;
  }
  CHECK(std::abs(static_cast<double>(above) / 50000 - 0.5) < 0.01);
}

TEST_CASE("init: keyed by seed and name, whatever the number of threads") {
  const Init init = Init::normal(1);
  kernels::set_num_threads(1);
  const Tensor one = initial_value({300, 300}, init, 1, "a");
  kernels::set_num_threads(2);
  CHECK(test::same_bits(initial_value({300, 300}, init, 1, "a"), one));
  CHECK_FALSE(test::same_bits(initial_value({300, 300}, init, 2, "a"), one));
  CHECK_FALSE(test::same_bits(initial_value({300, 300}, init, 1, "b"), one));
}

}  // namespace
}  // namespace hone::nn
