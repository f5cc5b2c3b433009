// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where results go and what a run says.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

TrainKeys output_keys() {
  using C = TrainConfig;
  return {
      with_example(honoured("output_dir", &C::output_dir, "by default outputs/<time>"),
                   "outputs/run1"),
      honoured("dry_run", &C::dry_run,
               "print the plan and one rendered row, write plan.json, train nothing (--dry-run)"),
      honoured("logging_steps", &C::logging_steps,
               "steps between progress lines when not on a terminal", at_least(1)),
      no_op("strict", "unknown keys are always errors"),
      no_op("debug", "every error says what and where"),
      no_op("include_tkps", "tokens_per_second is in metrics.jsonl"),
      no_op("trackio_*", "the numbers of every step are in metrics.jsonl"),
      no_op("use_trackio", "the numbers of every step are in metrics.jsonl"),
      no_op("swanlab_*", "the numbers of every step are in metrics.jsonl"),
      no_op("use_swanlab", "the numbers of every step are in metrics.jsonl"),
      no_op("use_otel_metrics", "the numbers of every step are in metrics.jsonl"),
      no_op("otel_*", "the numbers of every step are in metrics.jsonl"),
      no_op("axolotl_config_path", "this program sets it itself"),
      no_op("use_tensorboard", "the numbers of every step are in metrics.jsonl"),
      no_op("include_tokens_per_second", "tokens_per_second is in metrics.jsonl"),
      no_op("wandb_*", "the numbers of every step are in metrics.jsonl"),
      no_op("mlflow_*", "the numbers of every step are in metrics.jsonl"),
      no_op("hf_mlflow_log_artifacts", "the numbers of every step are in metrics.jsonl"),
      no_op("comet_*", "the numbers of every step are in metrics.jsonl"),
      no_op("use_wandb", "the numbers of every step are in metrics.jsonl"),
      no_op("use_mlflow", "the numbers of every step are in metrics.jsonl"),
      no_op("use_comet", "the numbers of every step are in metrics.jsonl"),
      no_op("hub_*", "hone opens no connection; upload the output folder yourself"),
      no_op("hf_use_auth_token", "hone opens no connection"),
      refused("profiler_steps*", "there is no profiler"),
  };
}

}  // namespace hone::config_keys
