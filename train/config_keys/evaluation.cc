// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Evaluation during training.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

TrainKeys evaluation_keys() {
  return {
      no_op("eval_sample_packing", "there is no evaluation during training"),
      no_op("evals_per_epoch", "there is no evaluation during training"),
      no_op("eval_steps", "there is no evaluation during training"),
      no_op("eval_strategy", "there is no evaluation during training"),
      no_op("eval_batch_size", "there is no evaluation during training"),
      no_op("eval_table_size", "there is no evaluation during training"),
      no_op("eval_max_new_tokens", "there is no evaluation during training"),
      refused("early_stopping_patience", "there is no evaluation during training"),
      refused("load_best_model_at_end", "there is no evaluation during training"),
  };
}

}  // namespace hone::config_keys
