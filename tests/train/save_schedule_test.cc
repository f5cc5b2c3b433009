// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/save_schedule.h"

#include <doctest/doctest.h>

#include <vector>

namespace hone {
namespace {

std::vector<int64_t> due(const TrainConfig& config, int64_t total, int64_t epoch) {
  const SaveSchedule schedule(config, total, epoch);
  std::vector<int64_t> steps;
  for (int64_t step = 1; step <= total; ++step)
    if (schedule.due(step)) steps.push_back(step);
  return steps;
}

using Steps = std::vector<int64_t>;

TEST_CASE("save schedule: by default at the end of each epoch and of the run") {
  CHECK(due({}, 10, 4) == Steps{4, 8, 10});
  CHECK(due({}, 3, 4) == Steps{3});
}

TEST_CASE("save schedule: every so many steps, or a part of all steps") {
  TrainConfig config;
  config.save_steps = 5;
  CHECK(due(config, 12, 4) == Steps{5, 10, 12});
  config.save_first_step = true;
  CHECK(due(config, 12, 4) == Steps{1, 5, 10, 12});
  config.save_first_step = false;
  config.save_steps = 0.25;
  CHECK(due(config, 10, 4) == Steps{3, 6, 9, 10});  // a quarter of 10, rounded up
  config.save_steps.reset();
  config.save_strategy = SaveStrategy::kSteps;
  CHECK(due(config, 1001, 2000) == Steps{500, 1000, 1001});
}

TEST_CASE("save schedule: several times an epoch, evenly, the last one at its end") {
  TrainConfig config;
  config.saves_per_epoch = 3;
  CHECK(due(config, 14, 7) == Steps{3, 5, 7, 10, 12, 14});
  config.saves_per_epoch = 100;  // more than there are steps
  CHECK(due(config, 4, 2) == Steps{1, 2, 3, 4});
}

TEST_CASE("save schedule: never") {
  TrainConfig config;
  config.save_strategy = SaveStrategy::kNo;
  config.save_first_step = true;
  CHECK(due(config, 10, 4).empty());
}

}  // namespace
}  // namespace hone
