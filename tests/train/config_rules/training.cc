// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> training_rule_cases() {
  return {
      {"warmup twice", "warmup_steps: 3\nwarmup_ratio: 0.1\n",
       "warmup_steps: 0\nwarmup_ratio: 0.1\n"},
      {"warmup longer than the run", "warmup_steps: 5\nmax_steps: 4\n",
       "warmup_steps: 4\nmax_steps: 4\n"},
      {"warmup of a constant rate", "lr_scheduler: constant\nwarmup_steps: 2\n",
       "lr_scheduler: constant_with_warmup\nwarmup_steps: 2\n"},
  };
}

}  // namespace hone
