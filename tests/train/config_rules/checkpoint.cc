// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> checkpoint_rule_cases() {
  return {
      {"saves twice", "saves_per_epoch: 2\nsave_steps: 5\n", "saves_per_epoch: 2\nsave_steps:\n"},
      {"broken steps between saves", "save_steps: 1.5\n", "save_steps: 0.5\n"},
      {"saves against the strategy", "save_strategy: no\nsaves_per_epoch: 2\n",
       "save_strategy: epoch\nsaves_per_epoch: 2\n"},
      {"saves against the strategy", "save_strategy: epoch\nsave_steps: 5\n",
       "save_strategy: steps\nsave_steps: 5\n"},
      {"resuming nowhere", "resume_from_checkpoint: auto\n",
       "resume_from_checkpoint: auto\noutput_dir: out\n"},
      {"resuming nowhere", "auto_resume_from_checkpoints: true\n",
       "auto_resume_from_checkpoints: false\n"},
      {"saves against the strategy", "save_strategy: best\nval_set_size: 0.1\nsave_steps: 5\n",
       "save_strategy: best\nval_set_size: 0.1\nsave_total_limit: 5\n"},
      {"saves of the best without evaluations", "save_strategy: best\n",
       "save_strategy: best\nval_set_size: 0.1\n"},
      {"saves of the best without evaluations",
       "save_strategy: best\nval_set_size: 0.1\neval_strategy: no\n",
       "save_strategy: best\nval_set_size: 0.1\neval_steps: 5\n"},
      {"what is saved when nothing is", "save_strategy: no\nsave_first_step: true\n",
       "save_strategy: steps\nsave_first_step: true\n"},
      {"what is saved when nothing is", "save_strategy: no\nsave_total_limit: 2\n",
       "save_strategy: no\n"},
      {"patience of no watchdog", "loss_watchdog_patience: 3\n",
       "loss_watchdog_patience: 3\nloss_watchdog_threshold: 9\n"},
      {"patience of no watchdog", "loss_watchdog_patience: 2\n",
       "loss_watchdog_patience: 2\nloss_watchdog_threshold: 9\n"},
  };
}

}  // namespace hone
