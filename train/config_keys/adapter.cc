// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What is trained: adapters and quantised weights.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

namespace {
constexpr Choice kAdapters[] = {word("lora", AdapterKind::kLora),
                                word("qlora", AdapterKind::kQlora),
                                word("none", AdapterKind::kNone)};
constexpr Choice kQuantTypes[] = {word("nf4", QuantType::nf4), word("fp4", QuantType::fp4)};
}  // namespace

TrainKeys adapter_keys() {
  using C = TrainConfig;
  return {
      choice<&C::adapter>("adapter", kAdapters,
                          "what is trained: low-rank adapters, or (none) all weights"),
      honoured("load_in_4bit", &C::load_in_4bit, "frozen weights in 4 bits"),
      choice<&C::bnb_4bit_quant_type>("bnb_4bit_quant_type", kQuantTypes, "the 4-bit code"),
      honoured("lora_r", &C::lora_r, "rank", at_least(1)),
      honoured("lora_alpha", &C::lora_alpha, "scale = alpha / r", kPositive),
      honoured("lora_dropout", &C::lora_dropout, "dropout on the adapters' input", kFraction),
      with_example(patterns(honoured("lora_target_modules", &C::lora_target_modules,
                                     "list of module names, or a regex for the whole name")),
                   "[q_proj, k_proj, v_proj, o_proj]"),
      honoured("lora_target_linear", &C::lora_target_linear,
               "all linear layers but the output head"),
      with_example(honoured("lora_target_parameters", &C::lora_target_parameters,
                            "parameters by name: fused experts, routers"),
                   "[mlp.experts.gate_up_proj, mlp.experts.down_proj]"),
      with_example(patterns(honoured("lora_exclude_modules", &C::lora_exclude_modules,
                                     "modules that no adapter goes on: a list of names, or a regex "
                                     "for the whole name")),
                   "[layers.0.self_attn.q_proj]"),
      with_example(
          honoured("peft_layers_to_transform", &C::peft_layers_to_transform,
                   "layers whose modules get adapters, by number; by default all", kNotNegative),
          "[10, 11]"),
      with_example(
          patterns(honoured("peft_layers_pattern", &C::peft_layers_pattern,
                            "regexes for the word before the number of a layer; by default "
                            "any word")),
          "[layers]"),
      with_example(honoured("lora_modules_to_save", &C::lora_modules_to_save,
                            "modules to train as a whole beside the adapters, and to save with "
                            "them; their names end so"),
                   "[embed_tokens, lm_head]"),
      honoured("peft_use_rslora", &C::peft_use_rslora, "scale = alpha / sqrt(r)"),
      honoured("peft_use_dora", &C::peft_use_dora,
               "DoRA: adapters that train the lengths of a weight's rows too"),
      with_example(patterns(honoured("lora_rank_pattern", &C::lora_rank_pattern,
                                     "map from name suffix (regex) to rank", at_least(1))),
                   "{mlp.experts.down_proj: 4}"),
      with_example(patterns(honoured("lora_alpha_pattern", &C::lora_alpha_pattern,
                                     "map from name suffix (regex) to alpha", kPositive)),
                   "{q_proj: 32}"),
      with_example(honoured("lora_model_dir", &C::lora_model_dir,
                            "folder of a PEFT adapter to go on training, instead of a new one"),
                   "outputs/first/adapter"),
      with_example(patterns(honoured("unfrozen_parameters", &C::unfrozen_parameters,
                                     "regexes for the beginnings of the names of the weights to "
                                     "train; by default all, with an adapter none beside it")),
                   "[model.layers.2., lm_head]"),
      no_op("lora_mlp_kernel", "LoRA has one implementation"),
      no_op("lora_qkv_kernel", "LoRA has one implementation"),
      no_op("lora_o_kernel", "LoRA has one implementation"),
      no_op("unsloth_lora_*", "LoRA has one implementation"),
      no_op("peft_ensure_weight_tying", "what a model ties stays tied"),
      no_op("lora_on_cpu", "training runs on one device"),
      no_op("qlora_sharded_model_loading", "loading needs the weights kept and one tensor more"),
      no_op("quantize_moe_experts", "load_in_4bit includes the experts"),
      no_op("peft_autocast_adapter_dtype", "adapters have an f32 master"),
      refused("load_in_8bit", "weights have 16 or 4 bits; use load_in_4bit"),
      refused("gptq", "GPTQ weights cannot be read; use the original model and load_in_4bit"),
      refused("gptq_*", "GPTQ weights cannot be read; use the original model and load_in_4bit"),
      refused("lora_fan_in_fan_out", "no supported model has such layers"),
      refused("peft_layer_replication", "layers cannot be replicated"),
      refused("peft_init_lora_weights", "adapters begin with the usual uniform A and B = 0"),
      refused("peft_trainable_token_indices", "single embedding rows cannot be trained"),
      refused("peft", "LoftQ and other quantisation backends are not supported"),
      refused("bnb_config_kwargs", "set bnb_4bit_quant_type itself"),
      refused("relora*", "ReLoRA is not supported"),
  };
}

}  // namespace hone::config_keys
