// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about what is trained.
#include "train/config_rules/lines.h"

namespace hone::config_rules {

TrainRules adapter_rules() {
  using C = TrainConfig;
  using G = GivenKeys;
  return {
      error(
          "4-bit without adapter", {"load_in_4bit", "adapter"},
          [](const C& c, const G&) { return c.adapter == AdapterKind::kNone && c.load_in_4bit; },
          "4-bit weights cannot be trained themselves; set adapter: qlora"),
      error(
          "qlora without 4-bit", {"adapter", "load_in_4bit"},
          [](const C& c, const G&) { return c.adapter == AdapterKind::kQlora && !c.load_in_4bit; },
          "qlora needs load_in_4bit: true"),
      error(
          "adapter without targets",
          {"adapter", "lora_target_modules", "lora_target_linear", "lora_target_parameters"},
          [](const C& c, const G&) {
            return c.adapter != AdapterKind::kNone && !c.lora_model_dir.given() &&
                   c.lora_target_modules.empty() && !c.lora_target_linear &&
                   c.lora_target_parameters.empty();
          },
          "nothing would be trained; say where adapters go with lora_target_linear: true, "
          "lora_target_modules or lora_target_parameters"),
      error(
          "dropout on parameters", {"lora_dropout", "lora_target_parameters"},
          [](const C& c, const G&) {
            return c.adapter != AdapterKind::kNone && !c.lora_target_parameters.empty() &&
                   c.lora_dropout > 0;
          },
          "must be 0 with lora_target_parameters, whose input it cannot reach"),
      error(
          "DoRA on parameters", {"peft_use_dora", "lora_target_parameters"},
          [](const C& c, const G&) { return c.peft_use_dora && !c.lora_target_parameters.empty(); },
          "DoRA is for linear layers, not for experts and routers; remove one of the two"),
      notice(
          "lora keys without adapter",
          {"lora_target_modules", "lora_target_linear", "lora_target_parameters"},
          [](const C& c, const G& given) {
            return c.adapter == AdapterKind::kNone &&
                   (given.on("lora_target_modules") || given.on("lora_target_linear") ||
                    given.on("lora_target_parameters"));
          },
          "no effect: adapter is none, all weights are trained"),
      notice(
          "shape of no adapter", {"lora_r", "lora_alpha", "lora_dropout", "adapter"},
          [](const C& c, const G&) {
            const C defaults;  // as a configuration that was written out has them
            return c.adapter == AdapterKind::kNone &&
                   (c.lora_r != defaults.lora_r || c.lora_alpha != defaults.lora_alpha ||
                    c.lora_dropout != defaults.lora_dropout);
          },
          "no effect: adapter is none, all weights are trained"),
      error(
          "layers of a regex", {"peft_layers_to_transform", "lora_target_modules"},
          [](const C& c, const G&) {
            return !c.peft_layers_to_transform.empty() && !c.lora_target_modules.pattern.empty();
          },
          "a regex names the layers itself; give lora_target_modules a list"),
      notice(
          "a pattern of layers without layers", {"peft_layers_pattern", "peft_layers_to_transform"},
          [](const C& c, const G&) {
            return !c.peft_layers_pattern.empty() && c.peft_layers_to_transform.empty();
          },
          "no effect without peft_layers_to_transform"),
      error(
          "rows of an unfrozen weight", {"unfrozen_parameters"},
          [](const C& c, const G&) {
            return std::any_of(c.unfrozen_parameters.begin(), c.unfrozen_parameters.end(),
                               [](const std::string& p) {
                                 const size_t open = p.rfind('[');
                                 return p.ends_with(']') && open != std::string::npos &&
                                        p.find(':', open) != std::string::npos;
                               });
          },
          "a weight is trained as a whole, without a range of rows [a:b]; remove the range"),
      error(
          "reentrant checkpointing of a partly frozen model",
          {"gradient_checkpointing_kwargs", "unfrozen_parameters"},
          [](const C& c, const G& given) {
            const ConfigValue* kwargs = given.value("gradient_checkpointing_kwargs");
            const ConfigValue* reentrant =
                kwargs != nullptr ? kwargs->find("use_reentrant") : nullptr;
            return reentrant != nullptr && !reentrant->is_off() && !c.unfrozen_parameters.empty();
          },
          "use_reentrant: true does not go with frozen weights; set it to false"),
      error(
          "an adapter to continue without adapter", {"lora_model_dir", "adapter"},
          [](const C& c, const G&) {
            return c.adapter == AdapterKind::kNone && c.lora_model_dir.given();
          },
          "there is an adapter to go on training, but adapter is none; set adapter: lora or qlora"),
      notice(
          "shape of an adapter to continue",
          {"lora_model_dir", "lora_r", "lora_alpha", "lora_dropout", "lora_target_modules",
           "lora_target_linear", "lora_target_parameters", "lora_exclude_modules",
           "peft_layers_to_transform", "lora_modules_to_save", "peft_use_rslora", "peft_use_dora",
           "lora_rank_pattern", "lora_alpha_pattern"},
          [](const C& c, const G& given) {
            constexpr std::string_view kShape[] = {"lora_r",
                                                   "lora_alpha",
                                                   "lora_dropout",
                                                   "lora_target_modules",
                                                   "lora_target_linear",
                                                   "lora_target_parameters",
                                                   "lora_exclude_modules",
                                                   "peft_layers_to_transform",
                                                   "lora_modules_to_save",
                                                   "peft_use_rslora",
                                                   "peft_use_dora",
                                                   "lora_rank_pattern",
                                                   "lora_alpha_pattern"};
            return c.lora_model_dir.given() &&
                   std::any_of(std::begin(kShape), std::end(kShape),
                               [&](std::string_view key) { return given.on(key); });
          },
          "rank, scale and targets are those of its adapter_config.json; these have no effect"),
      notice(
          "4-bit code without 4-bit", {"bnb_4bit_quant_type", "load_in_4bit"},
          [](const C& c, const G& given) {
            return given.has("bnb_4bit_quant_type") && c.bnb_4bit_quant_type != QuantType::nf4 &&
                   !c.load_in_4bit;
          },
          "no effect without load_in_4bit: true"),
      error(
          "quantised experts without 4-bit", {"quantize_moe_experts", "load_in_4bit", "adapter"},
          [](const C& c, const G& given) {
            return given.on("quantize_moe_experts") &&
                   (!c.load_in_4bit || c.adapter == AdapterKind::kNone);
          },
          "needs adapter: qlora and load_in_4bit: true, which quantise the experts"),
      notice(
          "experts that shall not be quantised", {"quantize_moe_experts", "load_in_4bit"},
          [](const C& c, const G& given) {
            return given.has("quantize_moe_experts") && !given.on("quantize_moe_experts") &&
                   c.load_in_4bit;
          },
          "load_in_4bit includes the experts all the same"),
      error(
          "no adapter and peft keys", {"peft_use_rslora", "peft_use_dora", "adapter"},
          [](const C& c, const G& given) {
            return c.adapter == AdapterKind::kNone &&
                   (given.on("peft_use_rslora") || given.on("peft_use_dora"));
          },
          "a form of adapters, but adapter is none; set adapter: lora or remove it"),
      error(
          "modules to save without adapter",
          {"lora_modules_to_save", "peft_layers_to_transform", "lora_exclude_modules", "adapter"},
          [](const C& c, const G&) {
            return c.adapter == AdapterKind::kNone &&
                   (!c.lora_modules_to_save.empty() || !c.peft_layers_to_transform.empty() ||
                    !c.lora_exclude_modules.empty());
          },
          "parts of an adapter, but adapter is none; set adapter: lora, or choose weights with "
          "unfrozen_parameters"),
      error(
          "patterns without adapter", {"lora_rank_pattern", "lora_alpha_pattern", "adapter"},
          [](const C& c, const G& given) {
            return c.adapter == AdapterKind::kNone &&
                   (given.on("lora_rank_pattern") || given.on("lora_alpha_pattern"));
          },
          "ranks and scales of adapters, but adapter is none; set adapter: lora or remove it"),
      at_most_one("two LoRA kernels for the MLP", {"lora_mlp_kernel", "unsloth_lora_mlp"},
                  "two implementations are asked for; keep one (hone has one of its own)"),
      at_most_one("two LoRA kernels for q, k, v", {"lora_qkv_kernel", "unsloth_lora_qkv"},
                  "two implementations are asked for; keep one (hone has one of its own)"),
      at_most_one("two LoRA kernels for o", {"lora_o_kernel", "unsloth_lora_o"},
                  "two implementations are asked for; keep one (hone has one of its own)"),
      error(
          "fused MLP with an adapter", {"flash_attn_fuse_mlp", "adapter"},
          [](const C& c, const G& given) {
            return given.on("flash_attn_fuse_mlp") && c.adapter != AdapterKind::kNone;
          },
          "fused modules have no names that adapters could go on; remove it"),
  };
}

}  // namespace hone::config_rules
