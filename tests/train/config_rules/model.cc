// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> model_rule_cases() {
  const std::string random =
      "base_model: random:x\nlearning_rate: 1\ndatasets: [{path: rows.jsonl}]\n";
  return {
      {"random model without tokenizer", random, random + "tokenizer_config: data/quickstart\n"},
      {"one attention backend", "flash_attention: true\nsdp_attention: true\n",
       "flash_attention: true\nsdp_attention: false\n"},
      {"one cross entropy", "cut_cross_entropy: true\nliger_cross_entropy: true\n",
       "cut_cross_entropy: true\nliger_cross_entropy: false\n"},
      {"one expert kernel", "use_scattermoe: true\nuse_sonicmoe: true\n",
       "use_scattermoe: true\nuse_kernels: true\n"},
      {"offloading without checkpointing", "activation_offloading: true\n",
       "activation_offloading: true\ngradient_checkpointing: true\n"},
      {"expert kernel and implementation",
       "experts_implementation: grouped_mm\nuse_scattermoe: true\n",
       "experts_implementation: eager\nuse_scattermoe: true\n"},
      {"attention backend twice", "attn_implementation: sdpa\nflash_attention: true\n",
       "attn_implementation: flash_attention_2\nflash_attention: true\n"},
      {"deepcompile without deepspeed", "deepcompile: true\n",
       "deepcompile: true\ndeepspeed: zero1.json\n"},
      {"router loss switched off and weighed",
       "router_aux_loss_coef: 0.01\noutput_router_logits: false\n",
       "router_aux_loss_coef: 0.01\noutput_router_logits: true\n"},
  };
}

}  // namespace hone
