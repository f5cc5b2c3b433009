// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Qwen3.5, dense and mixture of experts: config.json to ModelConfig.
#pragma once

#include "models/config.h"

namespace hone {

// The flat text config (Qwen3_5ForCausalLM, Qwen3_5MoeForCausalLM).
void read_qwen3_5_text(const JsonValue& json, ModelConfig& config);
void write_qwen3_5_text(const ModelConfig& config, Json& json);

// Zero-centred norms, normalised queries and keys, gated attention.
void set_qwen3_5_blocks(ModelConfig& config);

// A vision-language config (...ForConditionalGeneration): text_config, with tie_word_embeddings from the
// top level and weights named model.language_model.*, and vision_config where it is there.
void read_qwen3_5_vl(const JsonValue& json, ModelConfig& config);

}  // namespace hone
