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
#include <utility>
#include <vector>

#include "data/builtin_templates.h"
#include "data/chat_mask.h"
#include "data/row_limits.h"
#include "data/row_reader.h"
#include "tensor/quantized.h"
#include "train/non_finite.h"
#include "train/scheduler.h"
#include "train/step_schedule.h"

namespace hone {

// An input file or folder.
struct InputPath {
  std::string written;         // as the user wrote it
  std::filesystem::path path;  // what it names; empty for "random:<preset>" and when not given
  bool by_name = false;        // `written` is a name on the hub, found in the Hugging Face cache

  bool given() const { return !written.empty(); }
};

// The words for what the rows of a dataset look like and how they become text.
enum class RowType {
  kAuto,
  kMessages,
  kShareGpt,  // messages in "conversations", with "from" and "value"
  kQuestionAnswer,
  kAlpaca,          // instruction, input and output in the prompt of Stanford Alpaca
  kAlpacaChat,      // the same between USER: and ASSISTANT:
  kAlpacaChatml,    // the same between the markers of ChatML
  kAlpacaTemplate,  // the same as the chat template writes it
  kCompletion,
  kInputOutput,
  kTokens,
  kOwnPrompt,  // type: {format: ..., ...}
};

// What `type` may be instead of a word: the prompt itself.
struct OwnPrompt {
  std::string system_prompt;
  std::string system_format = "{system}";
  std::string format = "{instruction} {input} ";
  std::optional<std::string> no_input_format;
  std::string field_system;
  std::string field_instruction = "instruction";
  std::string field_input = "input";
  std::string field_output = "output";
};

struct DatasetType {
  RowType word = RowType::kAuto;
  OwnPrompt prompt;  // with kOwnPrompt
};

struct DatasetConfig {
  InputPath path;
  std::vector<std::string> data_files;  // in that folder
  std::string name;                     // a folder in it
  std::string ds_type;                  // "json" or "jsonl"; empty: by the files' names
  std::string split = "train";
  int64_t shards = 1;
  int64_t shards_idx = 0;
  DatasetType type;

  // Names of fields.
  std::string field_messages = "messages";
  std::string field_tools = "tools";
  std::string field_thinking = "reasoning_content";
  std::string template_thinking_key = "reasoning_content";
  std::map<std::string, std::string> message_property_mappings;
  std::string message_field_role, message_field_content;  // older names for two of these
  std::string message_field_training, message_field_training_detail;
  bool split_thinking = false;
  std::string field_question = "question";
  std::string field_answer = "answer";
  std::string field_system = "system";
  std::string field_instruction = "instruction";
  std::string field_input = "input";
  std::string field_output = "output";
  std::string field = "text";

  // What conversations become.
  std::string chat_template;        // empty: the run's
  std::string chat_template_jinja;  // text, or the absolute path of its file
  std::map<std::string, std::vector<std::string>>
      roles;  // the template's role -> those in the rows
  bool drop_system_message = false;
  std::vector<std::string> roles_to_train = {"assistant"};
  TrainOnMark train_on_eos = TrainOnMark::kTurn;
  std::string train_on_eot;  // empty: as train_on_eos
};

// Tokens of the vocabulary, over what the tokenizer's files say of them.
struct SpecialTokens {
  std::map<std::string, std::string> texts;  // "eos_token" -> text
  std::vector<std::string> additional;       // further ones that count as special

  bool operator==(const SpecialTokens&) const = default;
};

// An amount of memory.
struct ByteSize {
  int64_t bytes = 0;
  bool operator==(const ByteSize&) const = default;
};

// Values by name in the order in which they are written: of patterns, the first that matches counts.
template <class V>
using NamedValues = std::vector<std::pair<std::string, V>>;

enum class AdapterKind { kNone, kLora, kQlora };
enum class OptimizerKind { kAdamW, kAdamW8bit };
enum class BestMetric { kLoss };
enum class DeviceChoice { kAuto, kCpu, kCuda };
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
  DeviceChoice device = DeviceChoice::kAuto;
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
  std::vector<DatasetConfig> test_datasets;
  double val_set_size = 0;  // below 1 a part of the rows, else their number
  ExcessLength excess_length_strategy = ExcessLength::kDrop;
  int64_t min_sample_len = 2;                   // tokens
  std::filesystem::path dataset_prepared_path;  // absolute; empty when not given
  bool shuffle_merged_datasets = true;
  bool curriculum_sampling = false;
  bool sample_packing_sequentially = false;
  bool dataset_exact_deduplication = false;
  int64_t dataset_max_row_bytes = RowReader::kMaxRowBytes;

  // chat template (data/chat_template_files.h)
  std::string chat_template = std::string(kDefaultChatTemplate);
  std::string chat_template_jinja;  // text, or the absolute path of its file
  // Variables of the template, as YAML writes their values.
  std::map<std::string, std::string> chat_template_kwargs;
  std::string default_system_message;  // of conversations without one
  SpecialTokens special_tokens;
  std::vector<std::string> eot_tokens;  // end turns beside the eos token

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
  ModuleSelection lora_exclude_modules;
  std::vector<int64_t> peft_layers_to_transform;  // empty: all
  std::vector<std::string> peft_layers_pattern;
  std::vector<std::string> lora_modules_to_save;
  bool peft_use_rslora = false;
  bool peft_use_dora = false;
  NamedValues<int64_t> lora_rank_pattern;
  NamedValues<double> lora_alpha_pattern;
  InputPath lora_model_dir;                      // not given: a new adapter
  std::vector<std::string> unfrozen_parameters;  // empty: all without an adapter, none with one

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

  // checkpoints and stopping (train/step_schedule.h, train/resume.h)
  std::optional<double> save_steps;  // given or saves_per_epoch given: save_strategy does not count
  std::optional<int64_t> saves_per_epoch;
  StepStrategy save_strategy = StepStrategy::kEpoch;
  std::optional<int64_t> save_total_limit;  // not given: all are kept
  bool save_only_model = false;
  bool save_first_step = false;
  InputPath resume_from_checkpoint;  // without path: written is auto or a boolean
  bool auto_resume_from_checkpoints = false;
  NonFinite on_non_finite = NonFinite::kStop;
  std::optional<double> loss_watchdog_threshold;
  std::optional<int64_t> loss_watchdog_patience;  // steps; not given: LossWatchdog's

  // evaluation
  std::optional<double> eval_steps;  // at most one of the two; below 1: a part of all steps
  std::optional<int64_t> evals_per_epoch;
  StepStrategy eval_strategy = StepStrategy::kEpoch;
  std::optional<int64_t> eval_batch_size;          // not given: micro_batch_size
  std::optional<bool> eval_sample_packing;         // not given: sample_packing
  std::optional<int64_t> early_stopping_patience;  // evaluations
  double early_stopping_threshold = 0;
  bool load_best_model_at_end = false;
  BestMetric metric_for_best_model = BestMetric::kLoss;
  bool eval_on_start = false;
  bool do_causal_lm_eval = false;
  std::vector<std::string> eval_causal_lm_metrics = {"exact_match"};
  int64_t eval_max_new_tokens = 128;  // of an answer
  int64_t eval_table_size = 0;        // answers to show

  // output
  int64_t logging_steps = 1;         // steps between two plain progress lines
  std::filesystem::path output_dir;  // absolute; empty when not given
};

}  // namespace hone
