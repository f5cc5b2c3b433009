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
      needs("offloading without checkpointing", "activation_offloading", "gradient_checkpointing",
            "needs gradient_checkpointing: true, which decides what there is to offload"),
  };
}

}  // namespace hone::config_rules
