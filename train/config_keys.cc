// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_keys.h"

#include <type_traits>
#include <utility>

namespace hone {
namespace {

// ---------------------------------------------------------------------------------------------
// How a line of the table is written.

constexpr NumberRange kAny = {};
constexpr NumberRange kPositive = {.low = 0, .low_open = true};
constexpr NumberRange kNotNegative = {.low = 0};
constexpr NumberRange kFraction = {.low = 0, .high = 1, .high_open = true};
constexpr NumberRange at_least(double low) { return {.low = low}; }

template <class T, class Field>
ConfigKey<T> honoured(std::string_view name, KeyGroup group, Field T::*member,
                      std::string_view meaning, NumberRange range = kAny) {
  return {name, KeyUse::kHonoured, group, meaning, member, range};
}

// An enum member; `choices` are the words for its enumerators, the first word of each being the one
// that help shows.
template <auto kMember, class T>
ConfigKey<T> choice_of(std::string_view name, KeyGroup group, std::span<const Choice> choices,
                       std::string_view meaning) {
  using Enum = std::remove_reference_t<decltype(std::declval<T&>().*kMember)>;
  const ChoiceMember<T> member = {choices,
                                  [](T& t, int value) { t.*kMember = static_cast<Enum>(value); },
                                  [](const T& t) { return static_cast<int>(t.*kMember); }};
  return {name, KeyUse::kHonoured, group, meaning, member, kAny};
}
template <auto kMember>
ConfigKey<TrainConfig> choice(std::string_view name, KeyGroup group,
                              std::span<const Choice> choices, std::string_view meaning) {
  return choice_of<kMember, TrainConfig>(name, group, choices, meaning);
}

template <class T>
ConfigKey<T> required(ConfigKey<T> key) {
  key.required = true;
  return key;
}

template <class T = TrainConfig>
ConfigKey<T> no_op(std::string_view name, std::string_view why) {
  return {name, KeyUse::kNoOp, KeyGroup::kNone, why, {}, kAny};
}

// `allowed`: the one value that asks for what happens anyway.
template <class T = TrainConfig>
ConfigKey<T> refused(std::string_view name, std::string_view why, std::string_view allowed = "") {
  return {name, KeyUse::kRefused, KeyGroup::kNone, why, {}, kAny, false, allowed};
}

template <class Enum>
constexpr Choice word(std::string_view text, Enum value) {
  return {text, static_cast<int>(value)};
}

// ---------------------------------------------------------------------------------------------
// The words of the enums.

constexpr Choice kAdapters[] = {word("lora", AdapterKind::kLora),
                                word("qlora", AdapterKind::kQlora),
                                word("none", AdapterKind::kNone)};
constexpr Choice kQuantTypes[] = {word("nf4", QuantType::nf4), word("fp4", QuantType::fp4)};
constexpr Choice kOptimizers[] = {word("adamw_torch", OptimizerKind::kAdamW),
                                  word("adamw_torch_fused", OptimizerKind::kAdamW),
                                  word("adamw_bnb_8bit", OptimizerKind::kAdamW8bit),
                                  word("adamw_torch_8bit", OptimizerKind::kAdamW8bit)};
constexpr Choice kSchedules[] = {word("cosine", LrSchedule::kCosine),
                                 word("linear", LrSchedule::kLinear),
                                 word("constant", LrSchedule::kConstant),
                                 word("constant_with_warmup", LrSchedule::kConstantWithWarmup)};
constexpr Choice kBf16[] = {word("auto", Bf16::kAuto), word("true", Bf16::kTrue),
                            word("false", Bf16::kFalse), word("full", Bf16::kFull)};
constexpr Choice kRowFormats[] = {
    word("auto", RowFormat::kAuto), word("question_answer", RowFormat::kQuestionAnswer),
    word("alpaca_chat.load_qa", RowFormat::kQuestionAnswer), word("messages", RowFormat::kMessages),
    word("chat_template", RowFormat::kMessages)};

}  // namespace

const std::vector<ConfigKey<DatasetConfig>>& dataset_keys() {
  using C = DatasetConfig;
  constexpr KeyGroup kData = KeyGroup::kData;
  static const std::vector<ConfigKey<C>> keys = {
      required(honoured("path", kData, &C::path, "a .jsonl file of rows")),
      choice_of<&C::type, C>("type", kData, kRowFormats, "what the rows look like"),
      honoured("split", kData, &C::split, "only 'train': all rows of the file"),
      honoured("field_question", kData, &C::field_question, "field of the question"),
      honoured("field_answer", kData, &C::field_answer, "field of the answer"),
      honoured("field_messages", kData, &C::field_messages, "field of the list of messages"),
      no_op<C>("ds_type", "the file's name says what it is"),
      refused<C>("name", "hone reads files, which have no configurations to name"),
      refused<C>("data_files", "give each file a list item of its own, with path"),
      refused<C>("message_property_mappings", "messages have the fields role and content"),
      refused<C>("field_human", "write the rows as messages with role and content"),
      refused<C>("field_model", "write the rows as messages with role and content"),
      refused<C>("roles_to_train", "exactly the assistant's turns are trained", "assistant"),
      refused<C>("train_on_eos", "exactly the ends of trained turns are trained", "turn"),
      refused<C>("trust_remote_code", "hone runs no code from models or datasets"),
  };
  return keys;
}

const std::vector<ConfigKey<TrainConfig>>& train_keys() {
  using C = TrainConfig;
  using enum KeyGroup;
  static const std::vector<ConfigKey<C>> keys = {
      // Model.
      required(honoured("base_model", kModel, &C::base_model,
                        "model folder in Hugging Face layout, or random:<preset>")),
      honoured("tokenizer_config", kModel, &C::tokenizer_config,
               "folder of tokenizer.json when it is not base_model's"),
      choice<&C::bf16>("bf16", kModel, kBf16, "compute in bf16 (auto: where the device can)"),
      honoured("gradient_checkpointing", kModel, &C::gradient_checkpointing,
               "recompute activations in backward instead of keeping them"),
      honoured("output_router_logits", kModel, &C::output_router_logits,
               "MoE: add the load-balancing loss; by default the model's own"),
      honoured("router_aux_loss_coef", kModel, &C::router_aux_loss_coef,
               "MoE: the weight of that loss; by default the model's own", kNotNegative),
      // Data.
      required(honoured("datasets", kData, &C::datasets,
                        "list of {path, type, field_question, field_answer, field_messages}")),
      honoured("sequence_len", kData, &C::sequence_len, "longest row in tokens", at_least(2)),
      honoured("sample_packing", kData, &C::sample_packing,
               "several documents in a row, kept apart"),
      honoured("train_on_inputs", kData, &C::train_on_inputs, "train on the prompts too"),
      // Adapter.
      choice<&C::adapter>("adapter", kAdapter, kAdapters,
                          "what is trained: low-rank adapters, or (none) all weights"),
      honoured("load_in_4bit", kAdapter, &C::load_in_4bit, "frozen weights in 4 bits"),
      choice<&C::bnb_4bit_quant_type>("bnb_4bit_quant_type", kAdapter, kQuantTypes,
                                      "the 4-bit code"),
      honoured("lora_r", kAdapter, &C::lora_r, "rank", at_least(1)),
      honoured("lora_alpha", kAdapter, &C::lora_alpha, "scale = alpha / r", kPositive),
      honoured("lora_dropout", kAdapter, &C::lora_dropout, "dropout on the adapters' input",
               kFraction),
      honoured("lora_target_modules", kAdapter, &C::lora_target_modules,
               "list of module names, or a regex for the whole name"),
      honoured("lora_target_linear", kAdapter, &C::lora_target_linear,
               "all linear layers but the output head"),
      honoured("lora_target_parameters", kAdapter, &C::lora_target_parameters,
               "parameters by name: fused experts, routers"),
      honoured("peft_use_rslora", kAdapter, &C::peft_use_rslora, "scale = alpha / sqrt(r)"),
      honoured("lora_rank_pattern", kAdapter, &C::lora_rank_pattern,
               "map from name suffix (regex) to rank", at_least(1)),
      honoured("lora_alpha_pattern", kAdapter, &C::lora_alpha_pattern,
               "map from name suffix (regex) to alpha", kPositive),
      // Training.
      required(
          honoured("learning_rate", kTraining, &C::learning_rate, "peak learning rate", kPositive)),
      choice<&C::lr_scheduler>("lr_scheduler", kTraining, kSchedules,
                               "course of the learning rate after the warmup"),
      honoured("warmup_steps", kTraining, &C::warmup_steps, "steps of linear warmup", kNotNegative),
      honoured("warmup_ratio", kTraining, &C::warmup_ratio, "the same as a part of all steps",
               kFraction),
      choice<&C::optimizer>("optimizer", kTraining, kOptimizers,
                            "AdamW with f32 or with 8-bit states"),
      honoured("weight_decay", kTraining, &C::weight_decay, "decoupled, as in AdamW", kNotNegative),
      honoured("adam_beta1", kTraining, &C::adam_beta1, "decay of the first moment", kFraction),
      honoured("adam_beta2", kTraining, &C::adam_beta2, "decay of the second moment", kFraction),
      honoured("adam_epsilon", kTraining, &C::adam_epsilon, "added to its root", kPositive),
      honoured("max_grad_norm", kTraining, &C::max_grad_norm,
               "clip the gradient's norm to this; 0: never", kNotNegative),
      honoured("micro_batch_size", kTraining, &C::micro_batch_size, "rows at once", at_least(1)),
      honoured("gradient_accumulation_steps", kTraining, &C::gradient_accumulation_steps,
               "micro batches per step", at_least(1)),
      honoured("num_epochs", kTraining, &C::num_epochs, "passes over the data", kPositive),
      honoured("max_steps", kTraining, &C::max_steps, "steps, whatever num_epochs says",
               at_least(1)),
      honoured("seed", kTraining, &C::seed, "of every random choice", kNotNegative),
      // Output.
      honoured("output_dir", kOutput, &C::output_dir, "by default outputs/<time>"),
      honoured("logging_steps", kOutput, &C::logging_steps,
               "steps between progress lines when not on a terminal", at_least(1)),

      // Accepted, without effect.
      no_op("strict", "unknown keys are always errors"),
      no_op("plugins", "what they add is built in or a key of its own"),
      no_op("tf32", "f32 products are not rounded to tf32"),
      no_op("flash_attention", "attention has one implementation"),
      no_op("attn_implementation", "attention has one implementation"),
      no_op("sdp_attention", "attention has one implementation"),
      no_op("flex_attention", "attention has one implementation"),
      no_op("eager_attention", "attention has one implementation"),
      no_op("xformers_attention", "attention has one implementation"),
      no_op("sage_attention", "attention has one implementation"),
      no_op("flash_attn_*", "attention has one implementation"),
      no_op("cut_cross_entropy", "the [tokens, vocabulary] logits are never formed"),
      no_op("liger_*", "fused operations are built in"),
      no_op("lora_mlp_kernel", "LoRA has one implementation"),
      no_op("lora_qkv_kernel", "LoRA has one implementation"),
      no_op("lora_o_kernel", "LoRA has one implementation"),
      no_op("use_kernels", "experts have one implementation"),
      no_op("use_scattermoe", "experts have one implementation"),
      no_op("use_sonicmoe", "experts have one implementation"),
      no_op("experts_implementation", "experts have one implementation"),
      no_op("quantize_moe_experts", "load_in_4bit includes the experts"),
      no_op("pad_to_sequence_len", "rows need no padding"),
      no_op("group_by_length", "rows need no padding"),
      no_op("eval_sample_packing", "there is no evaluation during training"),
      no_op("evals_per_epoch", "there is no evaluation during training"),
      no_op("eval_steps", "there is no evaluation during training"),
      no_op("eval_strategy", "there is no evaluation during training"),
      no_op("eval_batch_size", "there is no evaluation during training"),
      no_op("eval_table_size", "there is no evaluation during training"),
      no_op("eval_max_new_tokens", "there is no evaluation during training"),
      no_op("saves_per_epoch", "the result is saved once, at the end"),
      no_op("save_steps", "the result is saved once, at the end"),
      no_op("save_strategy", "the result is saved once, at the end"),
      no_op("save_total_limit", "the result is saved once, at the end"),
      no_op("save_only_model", "the result is saved once, at the end"),
      no_op("save_first_step", "the result is saved once, at the end"),
      no_op("save_safetensors", "models are always saved as safetensors"),
      no_op("dataset_prepared_path", "rows are tokenised at every start"),
      no_op("dataset_processes", "how rows are loaded needs no settings"),
      no_op("dataset_num_proc", "how rows are loaded needs no settings"),
      no_op("dataset_keep_in_memory", "how rows are loaded needs no settings"),

      no_op("skip_prepare_dataset", "rows are tokenised at every start"),
      no_op("remove_unused_columns", "only the named fields of a row are read"),
      no_op("dataloader_*", "how rows are loaded needs no settings"),
      no_op("sample_packing_*", "packing has one method"),
      no_op("model_type", "config.json says what the model is"),
      no_op("tokenizer_type", "tokenizer.json says what the tokenizer is"),
      no_op("cls_model_config", "config.json says what the model is"),
      no_op("is_falcon_derived_model", "config.json says what the model is"),
      no_op("is_llama_derived_model", "config.json says what the model is"),
      no_op("is_mistral_derived_model", "config.json says what the model is"),
      no_op("is_qwen_derived_model", "config.json says what the model is"),
      no_op("low_cpu_mem_usage", "loading needs the weights kept and one tensor more"),
      no_op("gradient_checkpointing_kwargs", "checkpointing has one form"),
      no_op("torch_compile*", "everything is compiled"),
      no_op("use_tensorboard", "the numbers of every step are in metrics.jsonl"),
      no_op("include_tokens_per_second", "tokens_per_second is in metrics.jsonl"),
      no_op("wandb_*", "the numbers of every step are in metrics.jsonl"),
      no_op("mlflow_*", "the numbers of every step are in metrics.jsonl"),
      no_op("comet_*", "the numbers of every step are in metrics.jsonl"),
      no_op("use_wandb", "the numbers of every step are in metrics.jsonl"),
      no_op("use_mlflow", "the numbers of every step are in metrics.jsonl"),
      no_op("use_comet", "the numbers of every step are in metrics.jsonl"),
      no_op("hub_*", "hone opens no connection; upload the output folder yourself"),
      no_op("push_dataset_to_hub", "hone opens no connection"),
      no_op("hf_use_auth_token", "hone opens no connection"),
      no_op("deepspeed", "training runs on one device"),
      no_op("fsdp*", "training runs on one device"),
      no_op("ddp*", "training runs on one device"),
      no_op("device_map", "training runs on one device"),
      no_op("local_rank", "training runs on one device"),
      no_op("debug", "every error says what and where"),
      no_op("gc_steps", "memory is returned when its last user is done"),

      // Refused: going on without them would train something else than was asked for.
      refused("load_in_8bit", "weights have 16 or 4 bits; use load_in_4bit"),
      refused("gptq", "GPTQ weights cannot be read; use the original model and load_in_4bit"),
      refused("trust_remote_code", "hone runs no code from models or datasets"),
      refused("fp16", "training is in bf16 or f32: set bf16"),
      refused("float16", "training is in bf16 or f32: set bf16"),
      refused("fp8", "training is in bf16 or f32: set bf16"),
      refused("batch_size", "give micro_batch_size and gradient_accumulation_steps"),
      refused("auto_find_batch_size", "give micro_batch_size"),
      refused("rl", "only supervised finetuning is supported"),
      refused("reward_model", "only causal language models are trained"),
      refused("process_reward_model", "only causal language models are trained"),
      refused("processor_type", "only text is trained, without images"),
      refused("pretraining_dataset", "give the rows as datasets"),
      refused("test_datasets", "there is no evaluation during training"),
      refused("val_set_size", "there is no evaluation during training: set it to 0"),
      refused("early_stopping_patience", "there is no evaluation during training"),
      refused("load_best_model_at_end", "there is no evaluation during training"),
      refused("chat_template", "messages are written with the built-in turn markers"),
      refused("chat_template_jinja", "messages are written with the built-in turn markers"),
      refused("default_system_message", "put the system message into the rows"),
      refused("special_tokens", "tokenizer.json says what the special tokens are"),
      refused("dataset_exact_deduplication", "rows are used as they are"),
      refused("tokens", "the vocabulary cannot grow"),
      refused("added_tokens_overrides", "the vocabulary cannot change"),
      refused("resize_token_embeddings_to_32x", "the vocabulary cannot grow"),
      refused("eot_tokens", "messages are written with the built-in turn markers"),
      refused("lora_model_dir", "training begins with a new adapter"),
      refused("resume_from_checkpoint", "a stopped run cannot be continued"),
      refused("auto_resume_from_checkpoints", "a stopped run cannot be continued"),
      refused("lora_modules_to_save", "whole modules cannot be trained beside adapters"),
      refused("lora_fan_in_fan_out", "no supported model has such layers"),
      refused("unfrozen_parameters", "without an adapter all weights are trained"),
      refused("peft_use_dora", "DoRA is not supported"),
      refused("peft_layers_to_transform", "select layers with a lora_target_modules regex"),
      refused("peft_layers_pattern", "select layers with a lora_target_modules regex"),
      refused("peft_layer_replication", "layers cannot be replicated"),
      refused("peft_init_lora_weights", "adapters begin with the usual uniform A and B = 0"),
      refused("peft_trainable_token_indices", "single embedding rows cannot be trained"),
      refused("peft", "LoftQ and other quantisation backends are not supported"),
      refused("bnb_config_kwargs", "set bnb_4bit_quant_type itself"),
      refused("loraplus_*", "LoRA+ is not supported"),
      refused("relora*", "ReLoRA is not supported"),
      refused("lr_groups", "all parameters have one learning rate"),
      refused("embedding_lr*", "all parameters have one learning rate"),
      refused("lr_scheduler_kwargs", "the schedules have no other settings"),
      refused("cosine_min_lr_ratio", "the cosine ends at 0"),
      refused("cosine_constant_lr_ratio", "the cosine ends at 0"),
      refused("optim_args", "set adam_beta1, adam_beta2, adam_epsilon"),
      refused("optim_target_modules", "set what is trained with adapter and lora_target_modules"),
      refused("neftune_noise_alpha", "noisy embeddings are not supported"),
      refused("activation_offloading", "set gradient_checkpointing"),
      refused("excess_length_strategy", "what happens to longer rows is fixed; set sequence_len"),
      refused("loss_watchdog_*", "a loss that is not finite always stops the run"),
      refused("context_parallel_size", "training runs on one device"),
      refused("sequence_parallel_degree", "training runs on one device"),
      refused("tensor_parallel_size", "training runs on one device"),
      refused("overrides_of_model_config", "edit the model's config.json"),
      refused("revision_of_model", "base_model is a folder; put that revision there"),
      refused("profiler_steps*", "there is no profiler"),
  };
  return keys;
}

}  // namespace hone
