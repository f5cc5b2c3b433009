// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/scheduler.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "tensor/check.h"

namespace hone {
namespace {

// The optimizer's learning rates as transformers' schedules set them for lr = 2e-3, printed by
// Python with repr. cos may differ in its last bit between libraries; hence a few ulp.
constexpr double kRelative = 1e-15;

void check_rates(const LrPlan& plan, const std::vector<double>& expected) {
  for (size_t step = 0; step < expected.size(); ++step) {
    CAPTURE(step);
    const double lr = learning_rate_at(plan, static_cast<int64_t>(step));
    CHECK(std::abs(lr - expected[step]) <= kRelative * expected[step]);
  }
}

TEST_CASE("scheduler: cosine with warmup") {
  check_rates({LrSchedule::kCosine, 2e-3, 3, 12},
              {0.0, 0.0006666666666666666, 0.0013333333333333333, 0.002, 0.0019396926207859084,
               0.001766044443118978, 0.0015, 0.0011736481776669307, 0.0008263518223330697,
               0.0005000000000000002, 0.0002339555568810221, 6.0307379214091684e-05, 0.0});
}

TEST_CASE("scheduler: cosine without warmup") {
  check_rates({LrSchedule::kCosine, 2e-3, 0, 7},
              {0.002, 0.001900968867902419, 0.0016234898018587336, 0.0012225209339563144,
               0.0007774790660436857, 0.0003765101981412665, 9.903113209758097e-05});
}

TEST_CASE("scheduler: linear with warmup") {
  check_rates(
      {LrSchedule::kLinear, 2e-3, 3, 12},
      {0.0, 0.0006666666666666666, 0.0013333333333333333, 0.002, 0.0017777777777777776,
       0.0015555555555555557, 0.0013333333333333333, 0.0011111111111111111, 0.0008888888888888888,
       0.0006666666666666666, 0.0004444444444444444, 0.0002222222222222222, 0.0});
}

TEST_CASE("scheduler: constant with warmup, and constant, which has none") {
  check_rates({LrSchedule::kConstantWithWarmup, 2e-3, 4, 12},
              {0.0, 0.0005, 0.001, 0.0015, 0.002, 0.002, 0.002});
  check_rates({LrSchedule::kConstant, 2e-3, 4, 12}, {0.002, 0.002, 0.002, 0.002, 0.002, 0.002});
}

TEST_CASE("scheduler: past the end the rate stays 0") {
  CHECK(learning_rate_at({LrSchedule::kCosine, 1, 0, 4}, 6) == 0);
  CHECK(learning_rate_at({LrSchedule::kLinear, 1, 0, 4}, 6) == 0);
}

TEST_CASE("scheduler: a run that is all warmup, and one step") {
  const LrPlan all_warmup = {LrSchedule::kCosine, 1, 4, 4};
  CHECK(learning_rate_at(all_warmup, 3) == 0.75);
  CHECK(learning_rate_at({LrSchedule::kCosine, 1, 0, 1}, 0) == 1);
  CHECK_THROWS_AS(learning_rate_at(all_warmup, -1), Error);
}

TEST_CASE("scheduler: a warmup ratio is rounded up") {
  CHECK(warmup_steps_from_ratio(0.1, 40) == 4);
  CHECK(warmup_steps_from_ratio(0.1, 41) == 5);
  CHECK(warmup_steps_from_ratio(0.0, 40) == 0);
  CHECK(warmup_steps_from_ratio(0.03, 1) == 1);
}

TEST_CASE("scheduler: a cosine with a minimum, held from a part of the run on") {
  LrPlan plan = {LrSchedule::kCosine, 2e-3, 2, 10};
  plan.min_ratio = 0.1;
  // peak * (0.9 * (1 + cos(pi (s - 2) / 8)) / 2 + 0.1)
  CHECK(learning_rate_at(plan, 0) == 0);
  CHECK(learning_rate_at(plan, 1) == 1e-3);
  CHECK(learning_rate_at(plan, 2) == 2e-3);
  CHECK(learning_rate_at(plan, 6) == doctest::Approx(2e-3 * 0.55).epsilon(1e-14));
  CHECK(learning_rate_at(plan, 10) == doctest::Approx(2e-4).epsilon(1e-14));
  plan.constant_ratio = 0.6;  // until step 6
  CHECK(learning_rate_at(plan, 4) == doctest::Approx(2e-3 * 0.55).epsilon(1e-14));
  for (const int64_t step : {6, 7, 9, 10, 100})
    CHECK(learning_rate_at(plan, step) == doctest::Approx(2e-4).epsilon(1e-14));
  plan.warmup_steps = 8;  // ends after the falling part
  CHECK(learning_rate_at(plan, 8) == doctest::Approx(2e-4).epsilon(1e-14));
}

TEST_CASE("scheduler: quadratic warmup") {
  LrPlan plan = {LrSchedule::kCosine, 2e-3, 4, 10};
  plan.quadratic_warmup = true;
  CHECK(learning_rate_at(plan, 1) == 2e-3 / 16);
  CHECK(learning_rate_at(plan, 2) == 2e-3 / 4);
  CHECK(learning_rate_at(plan, 4) == 2e-3);
}

TEST_CASE("scheduler: polynomial and inverse square root") {
  const LrPlan polynomial = {LrSchedule::kPolynomial, 2e-3, 2, 10};
  CHECK(learning_rate_at(polynomial, 1) == 1e-3);
  CHECK(learning_rate_at(polynomial, 2) == 2e-3);
  CHECK(learning_rate_at(polynomial, 6) == doctest::Approx((2e-3 + 1e-7) / 2).epsilon(1e-13));
  CHECK(learning_rate_at(polynomial, 10) == doctest::Approx(1e-7).epsilon(1e-12));
  CHECK(learning_rate_at(polynomial, 50) == doctest::Approx(1e-7).epsilon(1e-12));
  const LrPlan root = {LrSchedule::kInverseSqrt, 2e-3, 4, 100};
  CHECK(learning_rate_at(root, 2) == 1e-3);
  CHECK(learning_rate_at(root, 4) == 2e-3);
  CHECK(learning_rate_at(root, 16) == doctest::Approx(1e-3).epsilon(1e-14));
  const LrPlan no_warmup = {LrSchedule::kInverseSqrt, 2e-3, 0, 100};
  CHECK(learning_rate_at(no_warmup, 30000) == doctest::Approx(1e-3).epsilon(1e-14));
}

}  // namespace
}  // namespace hone
