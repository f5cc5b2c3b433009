// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/model_options.h"

#include "tensor/gpu.h"

namespace hone {
namespace {

std::optional<LoraConfig> lora_config(const TrainConfig& config) {
  if (config.adapter == AdapterKind::kNone) return std::nullopt;
  LoraConfig lora;
  lora.r = config.lora_r;
  lora.alpha = config.lora_alpha;
  lora.dropout = config.lora_dropout;
  lora.rslora = config.peft_use_rslora;
  lora.dora = config.peft_use_dora;
  lora.target_modules = config.lora_target_modules.names;
  lora.target_modules_regex = config.lora_target_modules.pattern;
  lora.all_linear = config.lora_target_linear;
  lora.target_parameters = config.lora_target_parameters;
  lora.exclude_modules = config.lora_exclude_modules.names;
  lora.exclude_modules_regex = config.lora_exclude_modules.pattern;
  lora.layers_to_transform = config.peft_layers_to_transform;
  lora.layers_pattern = config.peft_layers_pattern;
  lora.modules_to_save = config.lora_modules_to_save;
  lora.rank_pattern = config.lora_rank_pattern;
  lora.alpha_pattern = config.lora_alpha_pattern;
  lora.base_model = config.base_model.written;
  return lora;
}

bool uses_aux_loss(const TrainConfig& config, const ModelConfig& model) {
  return model.is_moe() && config.output_router_logits.value_or(model.moe.aux_loss);
}

}  // namespace

std::string base_model_dir(const TrainConfig& config) { return config.base_model.path.string(); }

std::string tokenizer_dir(const TrainConfig& config) {
  return config.tokenizer_config.given() ? config.tokenizer_config.path.string()
                                         : base_model_dir(config);
}

Device training_device(const TrainConfig& config) {
  const bool there = gpu_count() > 0;
  if (config.device == DeviceChoice::kCuda && !there) {
    if (config.dry_run) return kMetaGpu;
    fail(ErrorCode::kDevice, "device: cuda: ", why_no_gpu(), "; use device: cpu");
  }
  return config.device == DeviceChoice::kCpu || !there ? kCpu : Device{DeviceType::cuda, 0};
}

LoadOptions load_options(const TrainConfig& config) {
  LoadOptions options;
  const std::string dir = base_model_dir(config);
  options.model = dir.empty() ? config.base_model.written : dir;
  if (config.lora_model_dir.given())
    options.adapter = config.lora_model_dir.path.string();
  else
    options.lora = lora_config(config);
  options.train_base = config.adapter == AdapterKind::kNone;
  options.unfrozen = config.unfrozen_parameters;
  options.decay_vectors = false;
  options.device = training_device(config);
  const bool bf16 = config.bf16 == Bf16::kTrue || config.bf16 == Bf16::kFull ||
                    (config.bf16 == Bf16::kAuto && is_gpu(options.device));
  options.dtype = bf16 ? DType::bf16 : DType::f32;
  if (config.load_in_4bit) options.quantise = config.bnb_4bit_quant_type;
  options.seed = static_cast<uint64_t>(config.seed);
  return options;
}

TrainerSettings trainer_settings(const TrainConfig& config, const ModelConfig& model,
                                 int64_t total_steps) {
  TrainerSettings s;
  s.learning_rate.schedule = config.lr_scheduler;
  s.learning_rate.peak = config.learning_rate;
  s.learning_rate.total_steps = total_steps;
  s.learning_rate.min_ratio = config.cosine_min_lr_ratio.value_or(0);
  s.learning_rate.constant_ratio = config.cosine_constant_lr_ratio.value_or(1);
  s.learning_rate.quadratic_warmup = config.lr_quadratic_warmup;
  s.learning_rate.warmup_steps = config.warmup_steps.value_or(
      warmup_steps_from_ratio(config.warmup_ratio.value_or(0), total_steps));
  s.optimizer = {.beta1 = config.adam_beta1,
                 .beta2 = config.adam_beta2,
                 .eps = config.adam_epsilon,
                 .weight_decay = config.weight_decay,
                 .max_grad_norm = config.max_grad_norm,
                 .eight_bit = config.optimizer == OptimizerKind::kAdamW8bit};
  s.recompute = config.gradient_checkpointing;
  s.aux_loss = uses_aux_loss(config, model);
  s.aux_coefficient = config.router_aux_loss_coef.value_or(model.moe.aux_loss_coef);
  s.seed = static_cast<uint64_t>(config.seed);
  s.on_non_finite = config.on_non_finite;
  return s;
}

EvaluatorSettings evaluator_settings(const TrainConfig& config) {
  return {.sequence_len = config.sequence_len,
          .packing = config.eval_sample_packing.value_or(config.sample_packing),
          .batch_size = config.eval_batch_size.value_or(config.micro_batch_size)};
}

std::vector<std::string> model_notices(const TrainConfig& config, const ModelConfig& model) {
  std::vector<std::string> notices;
  if (config.bf16 == Bf16::kAuto && training_device(config) == kCpu)
    notices.push_back("bf16: auto is float32 here, the processor has no fast bfloat16");
  if (model.max_positions > 0 && config.sequence_len > model.max_positions)
    notices.push_back("sequence_len " + std::to_string(config.sequence_len) +
                      " is more than the model's max_position_embeddings, " +
                      std::to_string(model.max_positions) +
                      ": it was not made for rows as long as that");
  if (config.output_router_logits.value_or(false) && !model.is_moe())
    notices.push_back("output_router_logits has no effect: the model has no experts");
  if (config.router_aux_loss_coef && !uses_aux_loss(config, model))
    notices.push_back("router_aux_loss_coef has no effect without output_router_logits: true");
  return notices;
}

}  // namespace hone
