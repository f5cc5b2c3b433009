// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> adapter_rule_cases() {
  const std::string linear = "lora_target_linear: true\n";
  const std::string experts =
      "adapter: lora\nlora_target_parameters: [mlp.experts.down_proj]\nlora_dropout: ";
  return {
      {"4-bit without adapter", "load_in_4bit: true\n",
       linear + "adapter: qlora\nload_in_4bit: true\n"},
      {"qlora without 4-bit", linear + "adapter: qlora\n",
       linear + "adapter: qlora\nload_in_4bit: true\n"},
      {"adapter without targets", "adapter: lora\n", "adapter: lora\n" + linear},
      {"dropout on parameters", experts + "0.1\n", experts + "0\n"},
      {"DoRA on parameters", experts + "0\npeft_use_dora: true\n", experts + "0\n"},
      {"lora keys without adapter", linear, linear + "adapter: lora\n"},
      {"shape of no adapter", "lora_r: 64\n", linear + "adapter: lora\nlora_r: 64\n"},
      {"shape of no adapter", "lora_dropout: 0.2\n", "lora_dropout: 0\n"},
      {"layers of a regex",
       "adapter: lora\nlora_target_modules: '.*q_proj'\npeft_layers_to_transform: [0]\n",
       "adapter: lora\nlora_target_modules: [q_proj]\npeft_layers_to_transform: [0]\n"},
      {"a pattern of layers without layers",
       linear + "adapter: lora\npeft_layers_pattern: [layers]\n",
       linear + "adapter: lora\npeft_layers_pattern: layers\npeft_layers_to_transform: 0\n"},
      {"rows of an unfrozen weight", "unfrozen_parameters: ['model.embed_tokens.weight$[:100]']\n",
       "unfrozen_parameters: ['model.layers.[0-7]']\n"},
      {"reentrant checkpointing of a partly frozen model",
       "unfrozen_parameters: [lm_head]\ngradient_checkpointing_kwargs: {use_reentrant: true}\n",
       "unfrozen_parameters: [lm_head]\ngradient_checkpointing_kwargs: {use_reentrant: false}\n"},
      {"an adapter to continue without adapter", "lora_model_dir: model\n",
       "lora_model_dir: model\nadapter: lora\n"},
      {"shape of an adapter to continue", "lora_model_dir: model\nadapter: lora\nlora_r: 4\n",
       "lora_model_dir: model\nadapter: lora\n"},
      {"4-bit code without 4-bit", linear + "adapter: lora\nbnb_4bit_quant_type: fp4\n",
       linear + "adapter: qlora\nload_in_4bit: true\nbnb_4bit_quant_type: fp4\n"},
      {"quantised experts without 4-bit", linear + "adapter: lora\nquantize_moe_experts: true\n",
       linear + "adapter: qlora\nload_in_4bit: true\nquantize_moe_experts: true\n"},
      {"experts that shall not be quantised",
       linear + "adapter: qlora\nload_in_4bit: true\nquantize_moe_experts: false\n",
       linear + "adapter: lora\nquantize_moe_experts: false\n"},
      {"no adapter and peft keys", "peft_use_rslora: true\n",
       linear + "adapter: lora\npeft_use_rslora: true\n"},
      {"modules to save without adapter", "lora_modules_to_save: [lm_head]\n",
       linear + "adapter: lora\nlora_modules_to_save: [lm_head]\n"},
      {"patterns without adapter", "lora_rank_pattern: {q_proj: 4}\n",
       linear + "adapter: lora\nlora_rank_pattern: {q_proj: 4}\n"},
      {"two LoRA kernels for the MLP", "lora_mlp_kernel: true\nunsloth_lora_mlp: true\n",
       "lora_mlp_kernel: true\nunsloth_lora_mlp: false\n"},
      {"two LoRA kernels for q, k, v", "lora_qkv_kernel: true\nunsloth_lora_qkv: true\n",
       "lora_qkv_kernel: true\n"},
      {"two LoRA kernels for o", "lora_o_kernel: true\nunsloth_lora_o: true\n",
       "unsloth_lora_o: true\n"},
      {"fused MLP with an adapter", linear + "adapter: lora\nflash_attn_fuse_mlp: true\n",
       "flash_attn_fuse_mlp: true\n"},
  };
}

}  // namespace hone
