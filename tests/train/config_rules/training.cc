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
      {"batch size twice", "batch_size: 8\ngradient_accumulation_steps: 2\n",
       "batch_size: 8\nmicro_batch_size: 2\n"},
      {"batch size in whole micro batches", "batch_size: 8\nmicro_batch_size: 3\n",
       "batch_size: 9\nmicro_batch_size: 3\n"},
      {"constant part without minimum", "cosine_constant_lr_ratio: 0.8\n",
       "cosine_constant_lr_ratio: 0.8\ncosine_min_lr_ratio: 0.1\n"},
      {"cosine keys of another schedule", "lr_scheduler: linear\ncosine_min_lr_ratio: 0.1\n",
       "lr_scheduler: cosine\ncosine_min_lr_ratio: 0.1\n"},
      {"quadratic warmup without warmup", "lr_quadratic_warmup: true\n",
       "lr_quadratic_warmup: true\nwarmup_steps: 2\n"},
      {"minimum above a polynomial's peak",
       "base_model: model\nlearning_rate: 1e-8\ndatasets: [{path: rows.jsonl}]\n"
       "lr_scheduler: polynomial\n",
       "lr_scheduler: polynomial\n"},
      {"steps and epochs", "max_steps: 3\nnum_epochs: 2\n", "max_steps: 3\nnum_epochs:\n"},
  };
}

}  // namespace hone
