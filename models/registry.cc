// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/registry.h"

#include "models/gemma3.h"
#include "models/llama.h"
#include "models/mixtral.h"
#include "models/nemotron.h"
#include "models/olmoe.h"
#include "models/qwen3.h"
#include "models/qwen3_5.h"

namespace hone {

std::span<const ModelFamily> model_families() {
  static constexpr ModelFamily kFamilies[] = {
      {"Gemma3ForCausalLM", "gemma3_text", read_gemma3_text, write_gemma3_text},
      {"Gemma3ForConditionalGeneration", "gemma3", read_gemma3_vl, nullptr},
      {"LlamaForCausalLM", "llama", read_llama, write_llama},
      {"MixtralForCausalLM", "mixtral", read_mixtral, write_mixtral},
      {"NemotronForCausalLM", "nemotron", read_nemotron, write_nemotron},
      {"OlmoeForCausalLM", "olmoe", read_olmoe, write_olmoe},
      {"Qwen3ForCausalLM", "qwen3", read_qwen3, write_qwen3},
      {"Qwen3MoeForCausalLM", "qwen3_moe", read_qwen3_moe, write_qwen3_moe},
      {"Qwen3_5ForCausalLM", "qwen3_5_text", read_qwen3_5_text, write_qwen3_5_text},
      {"Qwen3_5ForConditionalGeneration", "qwen3_5", read_qwen3_5_vl, nullptr},
      {"Qwen3_5MoeForCausalLM", "qwen3_5_moe_text", read_qwen3_5_text, write_qwen3_5_text},
      {"Qwen3_5MoeForConditionalGeneration", "qwen3_5_moe", read_qwen3_5_vl, nullptr},
  };
  return kFamilies;
}

}  // namespace hone
