// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a finetuning run is asked to do. The member initialisers are the defaults; train/config_keys
// gives every member its name in the file, its meaning and its limits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/chat_row.h"
#include "tensor/quantized.h"
#include "train/scheduler.h"

namespace hone {

// An input file or folder.
struct InputPath {
  std::string written;         // as the user wrote it
  std::filesystem::path path;  // what it names; empty for "random:<preset>" and when not given
  bool by_name = false;        // `written` is a name on the hub, found in the Hugging Face cache

  bool given() const { return !written.empty(); }
};

struct DatasetConfig {
  InputPath path;
  RowFormat type = RowFormat::kAuto;
  std::string split = "train";
  std::string field_question = "question";
  std::string field_answer = "answer";
  std::string field_messages = "messages";
};

// An amount of memory.
struct ByteSize {
  int64_t bytes = 0;
  bool operator==(const ByteSize&) const = default;
};

enum class AdapterKind { kNone, kLora, kQlora };
enum class OptimizerKind { kAdamW, kAdamW8bit };
enum class Bf16 { kAuto, kTrue, kFalse, kFull };

// Modules by name, or by a regular expression that must match the whole name. One of the two.
struct ModuleSelection {
  std::vector<std::string> names;
  std::string pattern;

  bool empty() const { return names.empty() && pattern.empty(); }
};

struct TrainConfig {
  // model
  InputPath base_model;
  InputPath tokenizer_config;  // not given: base_model's folder
  Bf16 bf16 = Bf16::kAuto;
  bool gradient_checkpointing = false;
  // Whether and with what weight MoE models add the load-balancing loss; not given: as the model's
  // config.json says.
  std::optional<bool> output_router_logits;
  std::optional<double> router_aux_loss_coef;

  // data
  std::vector<DatasetConfig> datasets;
  int64_t sequence_len = 512;  // tokens
  bool sample_packing = false;
  bool train_on_inputs = false;

  // adapter
  AdapterKind adapter = AdapterKind::kNone;
  bool load_in_4bit = false;
  QuantType bnb_4bit_quant_type = QuantType::nf4;
  int64_t lora_r = 8;
  double lora_alpha = 8;
  double lora_dropout = 0;
  ModuleSelection lora_target_modules;
  bool lora_target_linear = false;
  std::vector<std::string> lora_target_parameters;
  bool peft_use_rslora = false;
  std::map<std::string, int64_t> lora_rank_pattern;
  std::map<std::string, double> lora_alpha_pattern;
  InputPath lora_model_dir;  // not given: a new adapter

  // training
  int64_t micro_batch_size = 1;             // rows
  std::optional<int64_t> batch_size;        // rows a step; resolved into the next
  int64_t gradient_accumulation_steps = 1;  // micro batches a step
  double num_epochs = 1;
  std::optional<int64_t> max_steps;  // not given: as many as num_epochs needs
  OptimizerKind optimizer = OptimizerKind::kAdamW;
  double learning_rate = 0;  // required
  LrSchedule lr_scheduler = LrSchedule::kCosine;
  std::optional<double> cosine_min_lr_ratio;       // of learning_rate
  std::optional<double> cosine_constant_lr_ratio;  // of all steps
  bool lr_quadratic_warmup = false;
  std::optional<int64_t> warmup_steps;  // at most one of the two; neither: no warmup
  std::optional<double> warmup_ratio;   // of all steps
  double weight_decay = 0;
  double adam_beta1 = 0.9;
  double adam_beta2 = 0.999;
  double adam_epsilon = 1e-8;
  double max_grad_norm = 1;  // 0: no clipping
  int64_t seed = 42;

  // memory and planning
  std::optional<ByteSize> memory_limit;  // of all tensors; not given: what the machine has
  bool dry_run = false;                  // print the plan, train nothing

  // output
  int64_t logging_steps = 1;         // steps between two plain progress lines
  std::filesystem::path output_dir;  // absolute; empty when not given
};

}  // namespace hone
