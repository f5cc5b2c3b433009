// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints, resuming, and what stops a run.
#include "train/config_keys/lines.h"

namespace hone::config_keys {
namespace {

constexpr Choice kStrategies[] = {word("epoch", StepStrategy::kEpoch),
                                  word("steps", StepStrategy::kSteps),
                                  word("best", StepStrategy::kBest), word("no", StepStrategy::kNo),
                                  word("false", StepStrategy::kNo)};
constexpr Choice kNonFinite[] = {word("stop", NonFinite::kStop), word("skip", NonFinite::kSkip)};

}  // namespace

TrainKeys checkpoint_keys() {
  using C = TrainConfig;
  return {
      honoured("save_steps", &C::save_steps,
               "steps between checkpoints; below 1: a part of all steps", kPositive),
      honoured("saves_per_epoch", &C::saves_per_epoch, "checkpoints in each epoch", at_least(1)),
      choice<&C::save_strategy>(
          "save_strategy", kStrategies,
          "when to write checkpoints; best: after each evaluation with the lowest loss "
          "so far; no: only when a signal stops the run"),
      honoured("save_total_limit", &C::save_total_limit,
               "checkpoints to keep, the last and the best among them", at_least(1)),
      honoured("save_only_model", &C::save_only_model,
               "checkpoints without what resuming needs: smaller"),
      honoured("save_first_step", &C::save_first_step, "a checkpoint after the first step too"),
      no_op("save_safetensors", "models are always saved as safetensors"),
      with_example(honoured("resume_from_checkpoint", &C::resume_from_checkpoint,
                            "auto: the newest good checkpoint in output_dir; or the path of one"),
                   "auto"),
      honoured("auto_resume_from_checkpoints", &C::auto_resume_from_checkpoints,
               "the same as resume_from_checkpoint: auto"),
      choice<&C::on_non_finite>("on_non_finite", kNonFinite,
                                "a step with a loss or gradient that is NaN or infinite: stop the "
                                "run, or skip up to 5 in a row"),
      honoured("loss_watchdog_threshold", &C::loss_watchdog_threshold,
               "a loss above this in loss_watchdog_patience steps in a row stops the run"),
      honoured("loss_watchdog_patience", &C::loss_watchdog_patience,
               "how many steps that takes; not given: 3", at_least(1)),
  };
}

}  // namespace hone::config_keys
