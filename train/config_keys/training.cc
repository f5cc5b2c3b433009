// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Steps, optimizer, learning rate.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

namespace {
constexpr Choice kOptimizers[] = {word("adamw_torch", OptimizerKind::kAdamW),
                                  word("adamw_torch_fused", OptimizerKind::kAdamW),
                                  word("adamw_bnb_8bit", OptimizerKind::kAdamW8bit),
                                  word("adamw_torch_8bit", OptimizerKind::kAdamW8bit)};
constexpr Choice kSchedules[] = {word("cosine", LrSchedule::kCosine),
                                 word("linear", LrSchedule::kLinear),
                                 word("constant", LrSchedule::kConstant),
                                 word("constant_with_warmup", LrSchedule::kConstantWithWarmup)};
}  // namespace

TrainKeys training_keys() {
  using C = TrainConfig;
  return {
      required(honoured("learning_rate", &C::learning_rate, "peak learning rate", kPositive)),
      choice<&C::lr_scheduler>("lr_scheduler", kSchedules,
                               "course of the learning rate after the warmup"),
      honoured("warmup_steps", &C::warmup_steps, "steps of linear warmup", kNotNegative),
      honoured("warmup_ratio", &C::warmup_ratio, "the same as a part of all steps", kFraction),
      choice<&C::optimizer>("optimizer", kOptimizers, "AdamW with f32 or with 8-bit states"),
      honoured("weight_decay", &C::weight_decay, "decoupled, as in AdamW", kNotNegative),
      honoured("adam_beta1", &C::adam_beta1, "decay of the first moment", kFraction),
      honoured("adam_beta2", &C::adam_beta2, "decay of the second moment", kFraction),
      honoured("adam_epsilon", &C::adam_epsilon, "added to its root", kPositive),
      honoured("max_grad_norm", &C::max_grad_norm, "clip the gradient's norm to this; 0: never",
               kNotNegative),
      honoured("micro_batch_size", &C::micro_batch_size, "rows at once", at_least(1)),
      honoured("gradient_accumulation_steps", &C::gradient_accumulation_steps,
               "micro batches per step", at_least(1)),
      honoured("num_epochs", &C::num_epochs, "passes over the data", kPositive),
      honoured("max_steps", &C::max_steps, "steps, whatever num_epochs says", at_least(1)),
      honoured("seed", &C::seed, "of every random choice", kNotNegative),
      no_op("gc_steps", "memory is returned when its last user is done"),
      refused("batch_size", "give micro_batch_size and gradient_accumulation_steps"),
      refused("auto_find_batch_size", "give micro_batch_size"),
      refused("rl", "only supervised finetuning is supported"),
      refused("reward_model", "only causal language models are trained"),
      refused("process_reward_model", "only causal language models are trained"),
      refused("loraplus_*", "LoRA+ is not supported"),
      refused("lr_groups", "all parameters have one learning rate"),
      refused("embedding_lr*", "all parameters have one learning rate"),
      refused("lr_scheduler_kwargs", "the schedules have no other settings"),
      refused("cosine_min_lr_ratio", "the cosine ends at 0"),
      refused("cosine_constant_lr_ratio", "the cosine ends at 0"),
      refused("optim_args", "set adam_beta1, adam_beta2, adam_epsilon"),
      refused("optim_target_modules", "set what is trained with adapter and lora_target_modules"),
      refused("neftune_noise_alpha", "noisy embeddings are not supported"),
  };
}

}  // namespace hone::config_keys
