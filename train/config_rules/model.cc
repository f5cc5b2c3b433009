// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about the model and how it is computed.
#include "train/config_rules/lines.h"

namespace hone::config_rules {

TrainRules model_rules() {
  using C = TrainConfig;
  using G = GivenKeys;
  return {
      error(
          "random model without tokenizer", {"base_model", "tokenizer_config"},
          [](const C& c, const G& given) {
            return c.base_model.written.starts_with("random:") && !given.has("tokenizer_config");
          },
          "a random: model has no tokenizer of its own; set tokenizer_config to a folder that "
          "holds tokenizer.json"),
      at_most_one("one attention backend",
                  {"flash_attention", "sdp_attention", "flex_attention", "xformers_attention",
                   "sage_attention", "eager_attention"},
                  "several attention backends are asked for; keep one (hone has one of its own)"),
      at_most_one("one cross entropy",
                  {"cut_cross_entropy", "chunked_cross_entropy", "liger_cross_entropy",
                   "liger_fused_linear_cross_entropy", "unsloth_cross_entropy_loss",
                   "flash_attn_cross_entropy"},
                  "several forms of the cross entropy are asked for; keep one (hone has one of its "
                  "own)"),
      at_most_one("one expert kernel", {"use_scattermoe", "use_sonicmoe"},
                  "use_scattermoe and use_sonicmoe exclude each other; keep one"),
      error(
          "expert kernel and implementation",
          {"experts_implementation", "use_scattermoe", "use_sonicmoe"},
          [](const C&, const G& given) {
            const std::string_view name = given.text("experts_implementation");
            return given.on("experts_implementation") && name != "eager" &&
                   ((given.on("use_scattermoe") && name != "scattermoe") ||
                    (given.on("use_sonicmoe") && name != "sonicmoe"));
          },
          "another expert kernel is asked for too; keep one"),
      error(
          "attention backend twice",
          {"attn_implementation", "flash_attention", "sdp_attention", "flex_attention",
           "xformers_attention", "sage_attention", "eager_attention"},
          [](const C&, const G& given) {
            const std::string_view name = given.text("attn_implementation");
            const auto differs = [&](std::string_view key, std::string_view means) {
              return given.on(key) && !name.starts_with(means);
            };
            return given.on("attn_implementation") &&
                   (differs("flash_attention", "flash_attention") ||
                    differs("sdp_attention", "sdp") || differs("flex_attention", "flex") ||
                    differs("xformers_attention", "xformers") ||
                    differs("sage_attention", "sage") || differs("eager_attention", "eager"));
          },
          "another attention backend is asked for too; keep one (hone has one of its own)"),
      error(
          "deepcompile without deepspeed", {"deepcompile", "deepspeed"},
          [](const C&, const G& given) {
            return given.on("deepcompile") && !given.on("deepspeed");
          },
          "belongs to deepspeed; remove it"),
      error(
          "router loss switched off and weighed", {"router_aux_loss_coef", "output_router_logits"},
          [](const C& c, const G& given) {
            return given.on("router_aux_loss_coef") && c.output_router_logits == false;
          },
          "the loss that it weighs is switched off by output_router_logits: false; remove one"),
      needs("offloading without checkpointing", "activation_offloading", "gradient_checkpointing",
            "needs gradient_checkpointing: true, which decides what there is to offload"),
  };
}

}  // namespace hone::config_rules
