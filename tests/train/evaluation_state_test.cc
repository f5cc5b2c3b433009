// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/evaluation_state.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

namespace hone {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Course {
  EvaluationState state;
  std::vector<bool> lowest;
  int64_t stopped_after = 0;  // evaluations; 0: never
};

// Evaluations after steps 10, 20, ...
Course course(const std::vector<double>& losses, double threshold, int64_t patience) {
  Course c;
  CHECK(!stops_early(c.state, patience));
  for (size_t i = 0; i < losses.size(); ++i) {
    const auto number = static_cast<int64_t>(i) + 1;
    c.lowest.push_back(take_evaluation(10 * number, losses[i], threshold, c.state));
    if (c.stopped_after == 0 && stops_early(c.state, patience)) c.stopped_after = number;
  }
  return c;
}

TEST_CASE("evaluation state: the lowest loss and its step") {
  const Course c = course({3, 2, 2.5, 2, 1.5}, 0, 99);
  CHECK(c.lowest == std::vector<bool>{true, true, false, false, true});
  CHECK(c.state.best == 1.5);
  CHECK(c.state.best_step == 50);
  CHECK(c.state.step == 50);
  CHECK(c.state.loss == 1.5);
  CHECK(course({3, 2, 2.5, 2}, 0, 99).state.best_step == 20);  // of equal ones the first
}

TEST_CASE("evaluation state: patience counts evaluations that were not better") {
  CHECK(course({3, 2, 2, 2.5, 1, 1, 1, 1}, 0, 3).stopped_after == 8);
  CHECK(course({3, 2, 2, 2.5, 1, 1, 1, 1}, 0, 2).stopped_after == 4);
  CHECK(course({3, 3}, 0, 1).stopped_after == 2);
  CHECK(course({5, 4, 3, 2, 1}, 0, 1).stopped_after == 0);
  EvaluationState state;
  state.since_better = 1000;
  CHECK(!stops_early(state, std::nullopt));
}

TEST_CASE("evaluation state: by less than the threshold is not better, but the lowest") {
  const Course c = course({3, 2.95, 2.9, 2.85}, 0.06, 2);
  CHECK(c.lowest == std::vector<bool>{true, true, true, true});
  CHECK(c.stopped_after == 3);  // each by 0.05
  CHECK(course({3, 2.9, 2.8, 2.7}, 0.06, 2).stopped_after == 0);
}

TEST_CASE("evaluation state: a loss that is no number is not better") {
  const Course c = course({kNaN, 2, kNaN, 1, kNaN, kNaN}, 0, 2);
  CHECK(c.lowest == std::vector<bool>{false, true, false, true, false, false});
  CHECK(c.state.best == 1.0);
  CHECK(c.stopped_after == 6);
}

}  // namespace
}  // namespace hone
