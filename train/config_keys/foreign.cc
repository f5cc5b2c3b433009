// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Keys for what only other programs have: their ways to run, and kinds of training that there are
// not here. Names of theirs for our keys are in config_aliases.cc.
#include "train/config_keys/lines.h"

namespace hone::config_keys {
namespace {

constexpr std::string_view kSupervised = "only supervised finetuning is supported";
constexpr std::string_view kLoss = "evaluation is by the loss; generate shows what a model says";
constexpr std::string_view kOneWay = "there is one way to do this here";
constexpr std::string_view kNoOffload = "memory is planned as a whole; see memory_limit";

}  // namespace

TrainKeys foreign_keys() {
  return {
      // Other objectives.
      refused("stage", kSupervised, "sft"),
      refused("rl", kSupervised),
      refused("trl", kSupervised),
      refused("rl_beta", kSupervised),
      refused("dpo_*", kSupervised),
      refused("orpo_alpha", kSupervised),
      refused("rpo_alpha", kSupervised),
      refused("simpo_gamma", kSupervised),
      refused("cpo_alpha", kSupervised),
      refused("kto_*", kSupervised),
      refused("kd_*", kSupervised),
      refused("max_prompt_len", kSupervised),
      refused("reward_model", "only causal language models are trained"),
      refused("process_reward_model", "only causal language models are trained"),
      refused("num_labels", "only causal language models are trained"),
      refused("center_rewards_coefficient", "only causal language models are trained"),
      refused("diffusion", "only causal language models are trained"),
      refused("use_dynamic_finetuning", "the loss is plain cross entropy"),
      refused("use_eaft", "the loss is plain cross entropy"),
      refused("eaft_*", "the loss is plain cross entropy"),
      refused("nemo_gym_*", kSupervised),
      refused("hatchery", "training runs on this machine, not through a remote service"),
      refused("qat", "weights are trained as they are; quantise afterwards"),
      refused("quantization", "results are saved in the model's dtype; quantise afterwards"),
      refused("use_pose", "positions are those of the tokens"),
      refused("pose_*", "positions are those of the tokens"),
      refused("rope_scaling", "set it in the model's config.json"),
      refused("max_packed_sequence_len", "set sequence_len and sample_packing"),
      refused("lisa_*", "all layers train in every step"),
      refused("image_size", "only text is trained, without images"),
      refused("image_resize_algorithm", "only text is trained, without images"),
      refused("llmcompressor", "sparse training is not supported"),
      refused("spectrum_*", "select what trains with adapter and lora_target_modules"),

      refused("ebft", kSupervised),
      refused("gkd_*", kSupervised),
      refused("use_onebitllms", "weights are f32, bf16 or 4-bit: set bf16 and load_in_4bit"),
      refused("nvfp4*", "weights are f32, bf16 or 4-bit: set bf16 and load_in_4bit"),
      refused("fp8_*", "weights are f32, bf16 or 4-bit: set bf16 and load_in_4bit"),
      refused("dsv4_fp*", "weights are f32, bf16 or 4-bit: set bf16 and load_in_4bit"),
      no_op("use_dsv4_kernels", "fused operations are built in"),
      no_op("use_glm_dsa_kernels", "fused operations are built in"),
      no_op("fused_attn_kernel", "fused operations are built in"),
      no_op("gemma4_*", kOneWay),
      no_op("moe_*", "experts have one implementation"),
      no_op("tiled_mlp*", kOneWay),

      // Evaluation by generating.
      refused("do_bench_eval", kLoss),
      no_op("bench_*", kLoss),
      no_op("eval_table_max_new_tokens", kLoss),
      refused("generate_samples", kLoss),
      no_op("num_generation_samples", kLoss),
      no_op("generation_*", kLoss),

      // What comes after training.
      no_op("vllm", "hone starts no servers"),
      no_op("gradio_*", "hone starts no servers"),
      no_op("merge_method", "merging is a program of its own"),
      refused("merge_lora", "train first, then merge the adapter with a program for that"),
      refused("merge_adapter", "train first, then merge the adapter with a program for that"),
      refused("do_predict", "this program trains; run the result with generate"),
      no_op("do_train", "this program always trains"),

      // LLaMA-Factory.
      refused("dataset",
              "dataset_info.json is not read: give the files as datasets: [{path: ...}]"),
      no_op("dataset_dir", "datasets name their files by path"),
      no_op("overwrite_cache", "a cache that does not fit is never used"),
      no_op("preprocessing_num_workers", "how rows are loaded needs no settings"),
      no_op("overwrite_output_dir", "files of an earlier run are replaced one by one"),
      no_op("plot_loss", "the numbers of every step are in metrics.jsonl"),
      no_op("report_to", "the numbers of every step are in metrics.jsonl"),
      no_op("logging_dir", "the numbers of every step are in metrics.jsonl"),
      no_op("run_name", "runs are named by their output_dir"),
      no_op("enable_liger_kernel", "fused operations are built in"),
      no_op("use_unsloth", "fused operations are built in"),
      no_op("flash_attn", "attention has one implementation"),
      no_op("upcast_*", "norms and losses are computed in f32"),
      no_op("quantization_method", "load_in_4bit has one method, bitsandbytes' blocks of 64"),
      refused("freeze_*", "select what trains with adapter and lora_target_modules"),
      refused("use_galore", "the optimizers are AdamW with f32 or with 8-bit states"),
      refused("use_badam", "the optimizers are AdamW with f32 or with 8-bit states"),
      refused("use_apollo", "the optimizers are AdamW with f32 or with 8-bit states"),
      refused("mask_history", "mark the turns to train on in the rows, by train or weight"),

      // surogate.
      refused("recipe", "weights are f32, bf16 or 4-bit: set bf16 and load_in_4bit", "bf16"),
      refused("fp4_backend", "weights are f32, bf16 or 4-bit: set bf16 and load_in_4bit"),
      refused("qlora_fp4", "set load_in_4bit and bnb_4bit_quant_type: fp4"),
      refused("qlora_fp8", "weights are f32, bf16 or 4-bit: set bf16 and load_in_4bit"),
      refused("qlora_offload_experts", kNoOffload),
      no_op("gradient_dtype", "gradients of weights are f32"),
      no_op("master_dtype", "trained weights have an f32 master"),
      no_op("torch_dtype", "bf16 says it"),
      no_op("use_fused_rope", "fused operations are built in"),
      no_op("use_cuda_graphs", kOneWay),
      no_op("lmhead_chunks", "the [tokens, vocabulary] logits are never formed"),
      no_op("attn_bwd_chunks", kOneWay),
      no_op("long_context", kOneWay),
      no_op("cpu_training", "training runs on the processor"),
      no_op("offload_*", kNoOffload),
      no_op("persistent_quants", kNoOffload),
      no_op("use_zero_copy", kNoOffload),
      no_op("use_write_combined", kNoOffload),
      refused("apply_recommended_values", "every value is one that you can read: give it"),
      refused("from_scratch", "set base_model: random:<preset>"),
      refused("init_projections_to_zero", "random weights are drawn as the model's authors do"),
      refused("cooldown_steps", "the schedules end with the run; there is cosine_min_lr_ratio"),
      refused("checkpoint_dir", "checkpoints lie in output_dir"),
      refused("train_vision", "only text is trained, without images"),
      refused("max_model_len", "set rotary scaling in the model's config.json"),
  };
}

}  // namespace hone::config_keys
