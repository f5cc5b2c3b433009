// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> evaluation_rule_cases() {
  const std::string rows = "val_set_size: 0.1\n";
  return {
      {"evaluation interval twice", rows + "eval_steps: 3\nevals_per_epoch: 2\n",
       rows + "eval_steps: 3\nevals_per_epoch:\n"},
      {"eval_steps of another strategy", rows + "eval_steps: 3\neval_strategy: epoch\n",
       rows + "eval_steps: 3\neval_strategy: steps\n"},
      {"evals_per_epoch without evaluations", rows + "evals_per_epoch: 3\neval_strategy: no\n",
       rows + "evals_per_epoch: 3\neval_strategy: steps\n"},
      {"early stopping without evaluations",
       rows + "early_stopping_patience: 3\neval_strategy: no\n",
       rows + "early_stopping_patience: 3\n"},
      {"best model without evaluations", rows + "load_best_model_at_end: true\neval_strategy: no\n",
       rows + "load_best_model_at_end: true\n"},
      {"eval_steps without rows", "eval_steps: 3\n", rows + "eval_steps: 3\n"},
      {"evals_per_epoch without rows", "evals_per_epoch: 3\nval_set_size: 0\n",
       rows + "evals_per_epoch: 3\n"},
      {"how to evaluate no rows", "eval_batch_size: 3\n", rows + "eval_batch_size: 3\n"},
      {"how to evaluate no rows", "eval_sample_packing: false\n",
       rows + "eval_sample_packing: false\n"},
      {"early stopping without rows", "early_stopping_patience: 3\n",
       rows + "early_stopping_patience: 3\n"},
      {"best model without rows", "load_best_model_at_end: true\n",
       "load_best_model_at_end: false\n"},
      {"answers without rows", "do_causal_lm_eval: true\n", rows + "do_causal_lm_eval: true\n"},
      {"evaluation at the start without rows", "eval_on_start: true\n",
       rows + "eval_on_start: true\n"},
      {"answers without evaluations", rows + "do_causal_lm_eval: true\neval_strategy: no\n",
       rows + "do_causal_lm_eval: true\n"},
      {"evaluation at the start without evaluations",
       rows + "eval_on_start: true\neval_strategy: no\n", rows + "eval_on_start: true\n"},
      {"answers without prompts", rows + "do_causal_lm_eval: true\ntrain_on_inputs: true\n",
       rows + "train_on_inputs: true\n"},
      {"other metrics",
       rows + "do_causal_lm_eval: true\neval_causal_lm_metrics: [exact_match, chrf]\n",
       rows + "do_causal_lm_eval: true\neval_causal_lm_metrics: [exact_match, perplexity]\n"},
      {"answer keys without answers", rows + "eval_table_size: 3\n",
       rows + "eval_table_size: 3\ndo_causal_lm_eval: true\n"},
      {"eval_strategy without rows", "eval_strategy: steps\n", "eval_strategy: no\n"},
      {"threshold without patience", rows + "early_stopping_threshold: 0.1\n",
       rows + "early_stopping_threshold: 0.1\nearly_stopping_patience: 1\n"},
      {"rows that nothing evaluates", rows + "eval_strategy: no\n",
       rows + "eval_strategy: epoch\n"},
  };
}

}  // namespace hone
