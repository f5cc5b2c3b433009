// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/step_schedule.h"

#include <doctest/doctest.h>

#include <vector>

namespace hone {
namespace {

using Steps = std::vector<int64_t>;

Steps due_steps(const StepInterval& interval, int64_t total, int64_t per_epoch) {
  const StepSchedule schedule(interval, total, per_epoch);
  Steps steps;
  for (int64_t s = 1; s <= total; ++s)
    if (schedule.due(s)) steps.push_back(s);
  return steps;
}

TEST_CASE("step schedule: every so many steps, and the last") {
  CHECK(due_steps({.steps = 4.0}, 10, 5) == Steps{4, 8, 10});
  CHECK(due_steps({.steps = 1.0}, 3, 5) == Steps{1, 2, 3});
  CHECK(due_steps({.steps = 0.25}, 10, 5) == Steps{3, 6, 9, 10});  // ceil(2.5)
  CHECK(due_steps({.steps = 1e-9}, 2, 5) == Steps{1, 2});
  CHECK(due_steps({.strategy = StepStrategy::kSteps}, 1100, 7) == Steps{500, 1000, 1100});
}

TEST_CASE("step schedule: parts of an epoch") {
  const StepInterval usual;
  CHECK(due_steps(usual, 12, 5) == Steps{5, 10, 12});
  CHECK(due_steps({.per_epoch = 2}, 10, 5) == Steps{3, 5, 8, 10});
  CHECK(due_steps({.per_epoch = 3}, 14, 7) == Steps{3, 5, 7, 10, 12, 14});
  CHECK(due_steps({.per_epoch = 4}, 8, 8) == Steps{2, 4, 6, 8});
  CHECK(due_steps({.per_epoch = 99}, 6, 3) == Steps{1, 2, 3, 4, 5, 6});
}

TEST_CASE("step schedule: never, and the first step") {
  const StepInterval never{.strategy = StepStrategy::kNo};
  CHECK(due_steps(never, 10, 5).empty());
  CHECK(!StepSchedule(never, 10, 5).ever());
  const StepInterval best{.strategy = StepStrategy::kBest};
  CHECK(due_steps(best, 10, 5).empty());
  CHECK(!StepSchedule(best, 10, 5).ever());
  CHECK(due_steps({.strategy = StepStrategy::kBest, .first_step = true}, 10, 5) == Steps{1});
  CHECK(due_steps({.strategy = StepStrategy::kNo, .first_step = true}, 10, 5).empty());
  CHECK(due_steps({.first_step = true}, 6, 5) == Steps{1, 5, 6});
  // An interval outweighs the strategy.
  CHECK(due_steps({.strategy = StepStrategy::kEpoch, .steps = 2.0}, 4, 3) == Steps{2, 4});
}

}  // namespace
}  // namespace hone
