// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about steps, optimizer and learning rate.
#include "train/config_rules/lines.h"

namespace hone::config_rules {

TrainRules training_rules() {
  using C = TrainConfig;
  using G = GivenKeys;
  return {
      at_most_one("warmup twice", {"warmup_ratio", "warmup_steps"},
                  "warmup_steps is set too; keep one of the two"),
      error(
          "warmup longer than the run", {"warmup_steps", "max_steps"},
          [](const C& c, const G&) {
            return c.warmup_steps && c.max_steps && *c.warmup_steps > *c.max_steps;
          },
          "the warmup is longer than max_steps; lower it"),
      notice(
          "warmup of a constant rate", {"lr_scheduler", "warmup_steps", "warmup_ratio"},
          [](const C& c, const G& given) {
            return c.lr_scheduler == LrSchedule::kConstant &&
                   (given.on("warmup_steps") || given.on("warmup_ratio"));
          },
          "constant has no warmup; there is constant_with_warmup"),
  };
}

}  // namespace hone::config_rules
