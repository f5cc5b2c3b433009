// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The model and how it is computed.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

namespace {
constexpr Choice kBf16[] = {word("auto", Bf16::kAuto), word("true", Bf16::kTrue),
                            word("false", Bf16::kFalse), word("full", Bf16::kFull)};
constexpr std::string_view kNoOffload =
    "activations are recomputed; there is no second memory to move them to";
constexpr Choice kCheckpointing[] = {
    word("true", true), word("false", false), word("offload", true, kNoOffload),
    word("offload_disk", true, kNoOffload), word("unsloth", true, kNoOffload)};
}  // namespace

TrainKeys model_keys() {
  using C = TrainConfig;
  return {
      with_example(
          hub_model(required(honoured("base_model", &C::base_model,
                                      "model folder in Hugging Face layout, a model in the "
                                      "Hugging Face cache, or random:<preset or folder>"))),
          "Qwen/Qwen3.5-0.8B"),
      with_example(hub_model(honoured("tokenizer_config", &C::tokenizer_config,
                                      "folder of tokenizer.json when it is not base_model's")),
                   "data/quickstart"),
      choice<&C::bf16>("bf16", kBf16, "compute in bf16 (auto: where the device can)"),
      choice<&C::gradient_checkpointing>("gradient_checkpointing", kCheckpointing,
                                         "recompute activations in backward instead of keeping "
                                         "them"),
      honoured("output_router_logits", &C::output_router_logits,
               "MoE: add the load-balancing loss; by default the model's own"),
      honoured("router_aux_loss_coef", &C::router_aux_loss_coef,
               "MoE: the weight of that loss; by default the model's own", kNotNegative),
      with_example(honoured("memory_limit", &C::memory_limit,
                            "most bytes that tensors may take; a run that would need more does not "
                            "start"),
                   "12GiB"),
      refused("max_memory", "there is one device; set memory_limit"),
      no_op("model_type", "config.json says what the model is"),
      no_op("tokenizer_type", "tokenizer.json says what the tokenizer is"),
      no_op("cls_model_config", "config.json says what the model is"),
      no_op("base_model_config", "config.json is read from base_model's folder"),
      no_op("tokenizer_use_fast", "tokenizer.json says what the tokenizer is"),
      no_op("tokenizer_legacy", "tokenizer.json says what the tokenizer is"),
      no_op("tokenizer_save_jinja_files", "the tokenizer's files are copied as they are"),
      refused("tokenizer_use_mistral_common", "the tokenizer is read from tokenizer.json"),
      no_op("is_falcon_derived_model", "config.json says what the model is"),
      no_op("is_llama_derived_model", "config.json says what the model is"),
      no_op("is_mistral_derived_model", "config.json says what the model is"),
      no_op("is_qwen_derived_model", "config.json says what the model is"),
      no_op("low_cpu_mem_usage", "loading needs the weights kept and one tensor more"),
      no_op("gradient_checkpointing_kwargs", "checkpointing has one form"),
      no_op("tf32", "f32 products are not rounded to tf32"),
      no_op("flash_attention", "attention has one implementation"),
      no_op("attn_implementation", "attention has one implementation"),
      no_op("sdp_attention", "attention has one implementation"),
      no_op("flex_attention", "attention has one implementation"),
      no_op("eager_attention", "attention has one implementation"),
      no_op("xformers_attention", "attention has one implementation"),
      no_op("sage_attention", "attention has one implementation"),
      no_op("flash_attn_*", "attention has one implementation"),
      no_op("flash_optimum", "attention has one implementation"),
      no_op("flex_attn_compile_kwargs", "attention has one implementation"),
      refused("s2_attention", "shifted sparse attention trains another model"),
      no_op("cut_cross_entropy", "the [tokens, vocabulary] logits are never formed"),
      no_op("chunked_cross_entropy", "the [tokens, vocabulary] logits are never formed"),
      no_op("chunked_cross_entropy_num_chunks", "the [tokens, vocabulary] logits are never formed"),
      no_op("unsloth_cross_entropy_loss", "the [tokens, vocabulary] logits are never formed"),
      no_op("unsloth_rms_norm", "fused operations are built in"),
      no_op("unsloth_rope", "fused operations are built in"),
      no_op("liger_*", "fused operations are built in"),
      no_op("use_kernels", "experts have one implementation"),
      no_op("use_scattermoe", "experts have one implementation"),
      no_op("use_sonicmoe", "experts have one implementation"),
      no_op("experts_implementation", "experts have one implementation"),
      no_op("torch_compile*", "everything is compiled"),
      no_op("plugins", "what they add is built in or a key of its own"),
      refused("trust_remote_code", "hone runs no code from models or datasets"),
      refused("fp16", "training is in bf16 or f32: set bf16"),
      refused("float16", "training is in bf16 or f32: set bf16"),
      refused("fp8", "training is in bf16 or f32: set bf16"),
      refused("processor_type", "only text is trained, without images"),
      no_op("activation_offloading", kNoOffload),
      no_op("layer_offloading", kNoOffload),
      no_op("ple_cpu_offload", kNoOffload),
      no_op("llama4_linearized_experts", "experts have one implementation"),
      no_op("embeddings_skip_upcast", "embeddings stay in the model's dtype"),
      no_op("experimental_skip_move_to_device", "weights are read to where they are used"),
      refused("model_quantization_config*", "set load_in_4bit"),
      refused("overrides_of_model_config", "edit the model's config.json"),
      refused("overrides_of_model_kwargs", "the ways to load a model are keys of their own"),
      refused("reinit_weights", "set base_model: random:<preset>"),
      no_op("base_model_ignore_patterns", "hone downloads nothing"),
      refused("revision_of_model", "base_model is a folder; put that revision there"),
  };
}

}  // namespace hone::config_keys
