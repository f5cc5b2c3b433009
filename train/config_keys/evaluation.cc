// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Evaluation during training.
#include "train/config_keys/lines.h"

namespace hone::config_keys {
namespace {

constexpr Choice kStrategies[] = {word("epoch", StepStrategy::kEpoch),
                                  word("steps", StepStrategy::kSteps),
                                  word("no", StepStrategy::kNo), word("false", StepStrategy::kNo)};
// All of them rank evaluations alike.
constexpr Choice kMetrics[] = {
    word("eval_loss", BestMetric::kLoss), word("loss", BestMetric::kLoss),
    word("eval_perplexity", BestMetric::kLoss), word("perplexity", BestMetric::kLoss)};

}  // namespace

TrainKeys evaluation_keys() {
  using C = TrainConfig;
  return {
      honoured("eval_steps", &C::eval_steps,
               "steps between evaluations; below 1: a part of all steps", kPositive),
      honoured("evals_per_epoch", &C::evals_per_epoch, "evaluations in each epoch; 0: none",
               at_least(0)),
      choice<&C::eval_strategy>("eval_strategy", kStrategies,
                                "when to evaluate the held-out rows; the last step always does, "
                                "except with no"),
      honoured("eval_batch_size", &C::eval_batch_size,
               "rows at once in an evaluation; default: micro_batch_size", at_least(1)),
      honoured("eval_sample_packing", &C::eval_sample_packing,
               "pack held-out examples into rows; default: as sample_packing"),
      honoured("early_stopping_patience", &C::early_stopping_patience,
               "evaluations in a row without a better loss that end the run", at_least(1)),
      honoured("early_stopping_threshold", &C::early_stopping_threshold,
               "by how much a loss must be lower to be better", kNotNegative),
      honoured("load_best_model_at_end", &C::load_best_model_at_end,
               "the result is the model with the lowest loss, not the last one"),
      choice<&C::metric_for_best_model>("metric_for_best_model", kMetrics,
                                        "what makes a model the best one"),
      honoured("eval_on_start", &C::eval_on_start,
               "evaluate before the first step too; that counts for no stopping and no best model"),
      honoured(
          "do_causal_lm_eval", &C::do_causal_lm_eval,
          "evaluations also let the model answer the held-out prompts, by greedy decoding, and "
          "compare"),
      with_example(
          honoured("eval_causal_lm_metrics", &C::eval_causal_lm_metrics,
                   "how answers are compared: exact_match, the part that is right byte for "
                   "byte"),
          "[exact_match]"),
      honoured("eval_max_new_tokens", &C::eval_max_new_tokens,
               "tokens after which an answer is cut off", at_least(1)),
      honoured("eval_table_size", &C::eval_table_size,
               "held-out prompts to show with their answers before and after training",
               kNotNegative),
      refused("greater_is_better", "the best model is the one with the lowest loss", "false"),
      no_op("bench_dataset", "no benchmark is downloaded"),
      no_op("eval_accumulation_steps", "no predictions are kept in memory"),
  };
}

}  // namespace hone::config_keys
