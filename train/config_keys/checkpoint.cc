// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints, resuming, and what stops a run.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

TrainKeys checkpoint_keys() {
  return {
      no_op("saves_per_epoch", "the result is saved once, at the end"),
      no_op("save_steps", "the result is saved once, at the end"),
      no_op("save_strategy", "the result is saved once, at the end"),
      no_op("save_total_limit", "the result is saved once, at the end"),
      no_op("save_only_model", "the result is saved once, at the end"),
      no_op("save_first_step", "the result is saved once, at the end"),
      no_op("save_safetensors", "models are always saved as safetensors"),
      refused("resume_from_checkpoint", "a stopped run cannot be continued"),
      refused("auto_resume_from_checkpoints", "a stopped run cannot be continued"),
      refused("loss_watchdog_*", "a loss that is not finite always stops the run"),
  };
}

}  // namespace hone::config_keys
