// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about checkpoints and resuming.
#include <cmath>

#include "train/config_rules/lines.h"

namespace hone::config_rules {

TrainRules checkpoint_rules() {
  using C = TrainConfig;
  using G = GivenKeys;
  return {
      at_most_one("saves twice", {"saves_per_epoch", "save_steps"},
                  "save_steps is set too; keep one of the two"),
      error(
          "broken steps between saves", {"save_steps"},
          [](const C& c, const G&) {
            return c.save_steps && *c.save_steps > 1 && *c.save_steps != std::floor(*c.save_steps);
          },
          "expected whole steps, or a part of all steps below 1"),
      error(
          "saves against the strategy", {"save_strategy", "save_steps", "saves_per_epoch"},
          [](const C& c, const G& given) {
            const bool spread = given.on("save_steps") || given.on("saves_per_epoch");
            const bool no =
                c.save_strategy == StepStrategy::kNo || c.save_strategy == StepStrategy::kBest;
            const bool epoch = c.save_strategy == StepStrategy::kEpoch;
            return given.has("save_strategy") &&
                   ((no && spread) || (epoch && given.on("save_steps")));
          },
          "says otherwise than the key that spreads the saves; keep one of the two"),
      error(
          "saves of the best without evaluations",
          {"save_strategy", "eval_strategy", "val_set_size", "test_datasets"},
          [](const C& c, const G& given) {
            return c.save_strategy == StepStrategy::kBest &&
                   (c.eval_strategy == StepStrategy::kNo ||
                    (!given.on("val_set_size") && !given.on("test_datasets")));
          },
          "best needs evaluations; hold rows out with val_set_size (0.05, say) or test_datasets "
          "and "
          "leave eval_strategy on, or choose epoch, steps or no"),
      error(
          "resuming nowhere", {"resume_from_checkpoint", "auto_resume_from_checkpoints"},
          [](const C& c, const G& given) {
            return c.output_dir.empty() &&
                   (given.on("resume_from_checkpoint") || given.on("auto_resume_from_checkpoints"));
          },
          "needs output_dir, the folder of the run that goes on"),
      notice(
          "what is saved when nothing is",
          {"save_total_limit", "save_only_model", "save_first_step", "save_strategy"},
          [](const C& c, const G&) {
            return c.save_strategy == StepStrategy::kNo &&
                   (c.save_total_limit || c.save_only_model || c.save_first_step);
          },
          "save_strategy is no: only a signal makes a checkpoint"),
      notice(
          "patience of no watchdog", {"loss_watchdog_patience"},
          [](const C& c, const G& given) {
            return given.on("loss_watchdog_patience") && !c.loss_watchdog_threshold;
          },
          "no effect without loss_watchdog_threshold"),
  };
}

}  // namespace hone::config_rules
