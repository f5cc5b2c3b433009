// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Steps, optimizer, learning rate.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

namespace {
constexpr std::string_view kEightBit =
    "AdamW with 8-bit states in blocks of 256, as in bitsandbytes";
constexpr std::string_view kNotFour = "AdamW with 8-bit states; there are none of 4 bits";
constexpr std::string_view kPaged = "AdamW with 8-bit states; nothing is paged";
constexpr Choice kOptimizers[] = {
    word("adamw_torch", OptimizerKind::kAdamW),
    word("adamw_torch_fused", OptimizerKind::kAdamW),
    word("adamw_hf", OptimizerKind::kAdamW),
    word("adamw_apex_fused", OptimizerKind::kAdamW),
    word("adamw_bnb_8bit", OptimizerKind::kAdamW8bit, kEightBit),
    word("adamw_8bit", OptimizerKind::kAdamW8bit, kEightBit),
    word("adamw_torch_8bit", OptimizerKind::kAdamW8bit, kEightBit),
    word("adamw_torch_4bit", OptimizerKind::kAdamW8bit, kNotFour),
    word("paged_adamw_8bit", OptimizerKind::kAdamW8bit, kPaged),
    word("paged_adamw_32bit", OptimizerKind::kAdamW8bit,
         "AdamW with 8-bit states; nothing is paged; f32 states are adamw_torch"),
    word("paged_adamw", OptimizerKind::kAdamW8bit,
         "AdamW with 8-bit states; nothing is paged; f32 states are adamw_torch")};
constexpr Choice kSchedules[] = {word("cosine", LrSchedule::kCosine),
                                 word("linear", LrSchedule::kLinear),
                                 word("constant", LrSchedule::kConstant),
                                 word("constant_with_warmup", LrSchedule::kConstantWithWarmup),
                                 word("polynomial", LrSchedule::kPolynomial),
                                 word("inverse_sqrt", LrSchedule::kInverseSqrt)};
}  // namespace

TrainKeys training_keys() {
  using C = TrainConfig;
  return {
      with_example(
          required(honoured("learning_rate", &C::learning_rate, "peak learning rate", kPositive)),
          "2e-4"),
      and_no_other(choice<&C::lr_scheduler>("lr_scheduler", kSchedules,
                                            "course of the learning rate after the warmup"),
                   "cosine with cosine_min_lr_ratio covers most other schedules"),
      honoured("cosine_min_lr_ratio", &C::cosine_min_lr_ratio,
               "the cosine ends at this part of learning_rate", {.low = 0, .high = 1}),
      honoured("cosine_constant_lr_ratio", &C::cosine_constant_lr_ratio,
               "it ends at this part of all steps and stays there", {.low = 0, .high = 1}),
      honoured("lr_quadratic_warmup", &C::lr_quadratic_warmup,
               "the warmup before a cosine rises as a parabola, not as a line"),
      honoured("warmup_steps", &C::warmup_steps, "steps of linear warmup", kNotNegative),
      with_example(honoured("warmup_ratio", &C::warmup_ratio,
                            "the same as a part of all steps, rounded up", kFraction),
                   "0.1"),
      and_no_other(
          choice<&C::optimizer>("optimizer", kOptimizers, "AdamW with f32 or with 8-bit states"),
          "no other optimizer is built in"),
      honoured("weight_decay", &C::weight_decay, "decoupled, as in AdamW", kNotNegative),
      honoured("adam_beta1", &C::adam_beta1, "decay of the first moment", kFraction),
      honoured("adam_beta2", &C::adam_beta2, "decay of the second moment", kFraction),
      honoured("adam_epsilon", &C::adam_epsilon, "added to its root", kPositive),
      honoured("max_grad_norm", &C::max_grad_norm, "clip the gradient's norm to this; 0: never",
               kNotNegative),
      honoured("micro_batch_size", &C::micro_batch_size, "rows at once", at_least(1)),
      honoured("batch_size", &C::batch_size,
               "rows per step: sets gradient_accumulation_steps to batch_size / micro_batch_size",
               at_least(1)),
      honoured("gradient_accumulation_steps", &C::gradient_accumulation_steps,
               "micro batches per step", at_least(1)),
      honoured("num_epochs", &C::num_epochs, "passes over the data", kPositive),
      honoured("max_steps", &C::max_steps, "steps, whatever num_epochs says", at_least(1)),
      honoured("seed", &C::seed, "of every random choice", kNotNegative),
      no_op("gc_steps", "memory is returned when its last user is done"),
      refused("auto_find_batch_size", "--dry-run says what fits: give micro_batch_size"),
      refused("loraplus_*", "one pass updates all parameters, with one learning rate"),
      refused("lr_groups", "one pass updates all parameters, with one learning rate"),
      refused("embedding_lr*", "one pass updates all parameters, with one learning rate"),
      refused("lr_scheduler_kwargs",
              "a schedule's settings are keys: cosine_min_lr_ratio, warmup_*"),
      refused("lr_div_factor", "it belongs to one_cycle, which there is not"),
      refused("adam_beta3", "AdamW has two betas"),
      refused("adam_epsilon2", "AdamW has one epsilon"),
      refused("jagged_restart_*", "the schedules do not restart"),
      refused("torchdistx_path", "no other optimizer is built in"),
      refused("muon_*", "no other optimizer is built in"),
      refused("dion_*", "no other optimizer is built in"),
      refused("normuon_*", "no other optimizer is built in"),
      refused("optim_args", "set adam_beta1, adam_beta2, adam_epsilon"),
      refused("optim_target_modules", "set what is trained with adapter and lora_target_modules"),
      refused("neftune_noise_alpha", "noisy embeddings are not supported"),
  };
}

}  // namespace hone::config_keys
