// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about evaluation during training.
#include "train/config_rules/lines.h"

namespace hone::config_rules {
namespace {

bool held_out_rows(const GivenKeys& given) {
  return given.on("val_set_size") || given.on("test_datasets");
}

// `key` asks for something that only evaluations can do.
ConfigRule<TrainConfig> needs_rows(std::string_view name, std::string_view key) {
  return error(
      name, {key, "val_set_size", "test_datasets"},
      [key](const TrainConfig&, const GivenKeys& given) {
        return given.on(key) && !held_out_rows(given);
      },
      "no rows are held out; set val_set_size (0.05, say) or test_datasets, or remove the key");
}

ConfigRule<TrainConfig> needs_evaluations(std::string_view name, std::string_view key) {
  return error(
      name, {key, "eval_strategy"},
      [key](const TrainConfig& c, const GivenKeys& given) {
        return given.on(key) && c.eval_strategy == StepStrategy::kNo;
      },
      "needs evaluations; remove eval_strategy or set it to epoch or steps");
}

}  // namespace

TrainRules evaluation_rules() {
  using C = TrainConfig;
  using G = GivenKeys;
  return {
      at_most_one("evaluation interval twice", {"evals_per_epoch", "eval_steps"},
                  "eval_steps is set too; keep one of the two"),
      error(
          "eval_steps of another strategy", {"eval_steps", "eval_strategy"},
          [](const C& c, const G& given) {
            return given.on("eval_steps") && given.has("eval_strategy") &&
                   c.eval_strategy != StepStrategy::kSteps;
          },
          "does not fit eval_strategy; set that to steps or remove it"),
      needs_evaluations("evals_per_epoch without evaluations", "evals_per_epoch"),
      needs_evaluations("early stopping without evaluations", "early_stopping_patience"),
      needs_evaluations("best model without evaluations", "load_best_model_at_end"),
      needs_rows("eval_steps without rows", "eval_steps"),
      // Files for axolotl have it beside val_set_size: 0.0; nothing is lost there.
      notice(
          "evals_per_epoch without rows", {"evals_per_epoch", "val_set_size", "test_datasets"},
          [](const C&, const G& given) {
            return given.on("evals_per_epoch") && !held_out_rows(given);
          },
          "has no effect: no rows are held out; set val_set_size (0.05, say) or test_datasets"),
      notice(
          "how to evaluate no rows",
          {"eval_batch_size", "eval_sample_packing", "metric_for_best_model", "val_set_size",
           "test_datasets"},
          [](const C& c, const G& given) {
            const C defaults;  // as a configuration that was written out has them
            return !held_out_rows(given) &&
                   (c.eval_batch_size || c.eval_sample_packing ||
                    c.metric_for_best_model != defaults.metric_for_best_model);
          },
          "has no effect: no rows are held out; set val_set_size (0.05, say) or test_datasets"),
      needs_rows("early stopping without rows", "early_stopping_patience"),
      needs_rows("best model without rows", "load_best_model_at_end"),
      needs_rows("answers without rows", "do_causal_lm_eval"),
      needs_rows("evaluation at the start without rows", "eval_on_start"),
      needs_evaluations("answers without evaluations", "do_causal_lm_eval"),
      needs_evaluations("evaluation at the start without evaluations", "eval_on_start"),
      error(
          "answers without prompts", {"do_causal_lm_eval", "train_on_inputs"},
          [](const C& c, const G&) { return c.do_causal_lm_eval && c.train_on_inputs; },
          "a prompt cannot be told from its answer with train_on_inputs; remove one of the two"),
      error(
          "other metrics", {"eval_causal_lm_metrics"},
          [](const C& c, const G&) {
            return std::any_of(
                c.eval_causal_lm_metrics.begin(), c.eval_causal_lm_metrics.end(),
                [](const std::string& m) { return m != "exact_match" && m != "perplexity"; });
          },
          "expected exact_match; perplexity is always measured, others are not"),
      notice(
          "answer keys without answers",
          {"eval_table_size", "eval_max_new_tokens", "do_causal_lm_eval"},
          [](const C& c, const G&) {
            // As in a configuration that was written out, their defaults say nothing.
            const C defaults;
            return !c.do_causal_lm_eval && (c.eval_table_size != defaults.eval_table_size ||
                                            c.eval_max_new_tokens != defaults.eval_max_new_tokens);
          },
          "has no effect without do_causal_lm_eval: true"),
      error(
          "eval_strategy without rows", {"eval_strategy", "val_set_size", "test_datasets"},
          [](const C& c, const G& given) {
            return c.eval_strategy == StepStrategy::kSteps && !held_out_rows(given);
          },
          "no rows are held out; set val_set_size (0.05, say) or test_datasets, or remove the key"),
      needs("threshold without patience", "early_stopping_threshold", "early_stopping_patience",
            "has no effect without early_stopping_patience; set that too"),
      notice(
          "rows that nothing evaluates", {"eval_strategy", "val_set_size"},
          [](const C& c, const G& given) {
            return c.eval_strategy == StepStrategy::kNo && given.on("val_set_size");
          },
          "rows are held out from training, but nothing evaluates them"),
  };
}

}  // namespace hone::config_rules
