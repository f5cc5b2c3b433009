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
      at_most_one("batch size twice", {"batch_size", "gradient_accumulation_steps"},
                  "gradient_accumulation_steps follows from batch_size; keep one of the two"),
      error(
          "batch size in whole micro batches", {"batch_size", "micro_batch_size"},
          [](const C& c, const G&) {
            return c.batch_size && *c.batch_size % c.micro_batch_size != 0;
          },
          "must be a multiple of micro_batch_size"),
      needs("constant part without minimum", "cosine_constant_lr_ratio", "cosine_min_lr_ratio",
            "needs cosine_min_lr_ratio, the part of learning_rate to stay at"),
      error(
          "cosine keys of another schedule",
          {"cosine_min_lr_ratio", "cosine_constant_lr_ratio", "lr_quadratic_warmup",
           "lr_scheduler"},
          [](const C& c, const G& given) {
            return c.lr_scheduler != LrSchedule::kCosine &&
                   (given.on("cosine_min_lr_ratio") || given.on("cosine_constant_lr_ratio") ||
                    c.lr_quadratic_warmup);
          },
          "belongs to lr_scheduler: cosine; remove it or choose that schedule"),
      notice(
          "quadratic warmup without warmup",
          {"lr_quadratic_warmup", "warmup_steps", "warmup_ratio"},
          [](const C& c, const G& given) {
            return c.lr_quadratic_warmup && !given.on("warmup_steps") && !given.on("warmup_ratio");
          },
          "no effect: there is no warmup; set warmup_steps or warmup_ratio"),
      error(
          "minimum above a polynomial's peak", {"learning_rate", "lr_scheduler"},
          [](const C& c, const G&) {
            return c.lr_scheduler == LrSchedule::kPolynomial && c.learning_rate <= 1e-7;
          },
          "lr_scheduler: polynomial falls to 1e-7, so learning_rate must be larger"),
      notice(
          "steps and epochs", {"max_steps", "num_epochs"},
          [](const C& c, const G& given) {
            return given.on("max_steps") && given.on("num_epochs") && c.num_epochs != 1;
          },
          "max_steps counts, num_epochs does not"),
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
