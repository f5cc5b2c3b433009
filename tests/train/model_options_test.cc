// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/model_options.h"

#include <doctest/doctest.h>

#include "tensor/gpu.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

TEST_CASE("load_options: the configuration in the terms of models/") {
  TrainConfig c;
  c.base_model = {"models/small", "/home/user/models/small"};
  LoadOptions full = load_options(c);
  CHECK(full.model == "/home/user/models/small");
  CHECK(full.train_base);
  CHECK_FALSE(full.lora);
  CHECK_FALSE(full.quantise);
  CHECK_FALSE(full.decay_vectors);
  CHECK(full.dtype == DType::f32);
  CHECK(full.seed == 42);
  CHECK(tokenizer_dir(c) == "/home/user/models/small");

  c.adapter = AdapterKind::kQlora;
  c.load_in_4bit = true;
  c.bnb_4bit_quant_type = QuantType::fp4;
  c.bf16 = Bf16::kTrue;
  c.lora_r = 16;
  c.lora_alpha = 32;
  c.lora_dropout = 0.1;
  c.peft_use_rslora = true;
  c.lora_target_modules.pattern = ".*q_proj";
  c.lora_rank_pattern = {{"o_proj", 4}};
  c.lora_alpha_pattern = {{"o_proj", 2.5}};
  c.tokenizer_config = {"tok", "/tok"};
  const LoadOptions q = load_options(c);
  CHECK_FALSE(q.train_base);
  CHECK(q.quantise == QuantType::fp4);
  CHECK(q.dtype == DType::bf16);
  REQUIRE(q.lora);
  CHECK(q.lora->r == 16);
  CHECK(q.lora->alpha == 32);
  CHECK(q.lora->dropout == 0.1);
  CHECK(q.lora->rslora);
  CHECK(q.lora->target_modules_regex == ".*q_proj");
  CHECK(q.lora->rank_pattern == std::vector<std::pair<std::string, int64_t>>{{"o_proj", 4}});
  CHECK(q.lora->alpha_pattern == std::vector<std::pair<std::string, double>>{{"o_proj", 2.5}});
  CHECK(q.lora->base_model == "models/small");  // as the user wrote it
  CHECK(tokenizer_dir(c) == "/tok");

  c.base_model = {"random:quickstart", ""};
  CHECK(load_options(c).model == "random:quickstart");
  CHECK(base_model_dir(c).empty());
}

TEST_CASE("training_device: only a dry run may be for a GPU that is not here") {
  TrainConfig config;
  config.device = DeviceChoice::kCuda;
  const bool there = gpu_count() > 0;
  if (!there)
    check_contains(error_of(ErrorCode::kDevice, [&] { training_device(config); }),
                   "device: cuda: ");
  config.dry_run = true;
  CHECK(training_device(config) == (there ? Device{DeviceType::cuda, 0} : kMetaGpu));
  CHECK(load_options(config).dtype == DType::bf16);
}

TEST_CASE("trainer_settings: schedule, optimizer and the balancing loss") {
  TrainConfig c;
  c.learning_rate = 0.5;
  c.warmup_ratio = 0.11;
  c.optimizer = OptimizerKind::kAdamW8bit;
  c.adam_beta1 = 0.75;
  c.adam_beta2 = 0.875;
  c.adam_epsilon = 1e-5;
  c.weight_decay = 0.2;
  c.max_grad_norm = 3;
  c.gradient_checkpointing = true;
  ModelConfig moe;
  moe.moe = {.experts = 4, .experts_per_token = 2, .aux_loss = true, .aux_loss_coef = 0.25};
  TrainerSettings s = trainer_settings(c, moe, 100);
  CHECK(s.learning_rate.peak == 0.5);
  CHECK(s.learning_rate.warmup_steps == 11);
  CHECK(s.learning_rate.total_steps == 100);
  CHECK(s.optimizer.eight_bit);
  CHECK(s.optimizer.beta1 == 0.75);
  CHECK(s.optimizer.beta2 == 0.875);
  CHECK(s.optimizer.eps == 1e-5);
  CHECK(s.optimizer.weight_decay == 0.2);
  CHECK(s.optimizer.max_grad_norm == 3);
  CHECK(s.recompute);
  CHECK(s.aux_loss);
  CHECK(s.aux_coefficient == 0.25);

  c.warmup_ratio.reset();
  c.warmup_steps = 7;
  c.router_aux_loss_coef = 0.5;
  s = trainer_settings(c, moe, 100);
  CHECK(s.learning_rate.warmup_steps == 7);
  CHECK(s.aux_coefficient == 0.5);
  c.output_router_logits = false;
  CHECK_FALSE(trainer_settings(c, moe, 100).aux_loss);
  c.output_router_logits = true;
  CHECK_FALSE(trainer_settings(c, ModelConfig(), 100).aux_loss);  // dense
}

TEST_CASE("model_notices: settings without effect are said") {
  TrainConfig c;
  c.bf16 = Bf16::kFalse;
  ModelConfig dense, moe;
  moe.moe.experts = 4;
  CHECK(model_notices(c, moe).empty());
  c.router_aux_loss_coef = 0.1;
  REQUIRE(model_notices(c, moe).size() == 1);
  check_contains(model_notices(c, moe)[0], "output_router_logits: true");
  c.output_router_logits = true;
  CHECK(model_notices(c, moe).empty());
  CHECK(model_notices(c, dense).size() == 2);
  c.bf16 = Bf16::kAuto;
  check_contains(model_notices(c, moe)[0], "float32");

  // Rows longer than the model was made for.
  TrainConfig longer;
  longer.bf16 = Bf16::kFalse;
  longer.sequence_len = 513;
  CHECK(model_notices(longer, dense).empty());  // config.json does not say
  dense.max_positions = 513;
  CHECK(model_notices(longer, dense).empty());
  dense.max_positions = 512;
  REQUIRE(model_notices(longer, dense).size() == 1);
  CHECK(model_notices(longer, dense)[0] ==
        "sequence_len 513 is more than the model's max_position_embeddings, 512: it was not made "
        "for rows as long as that");
}

}  // namespace
}  // namespace hone
