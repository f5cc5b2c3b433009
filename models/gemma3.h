// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Gemma 3: zero-centred norms on both sides of every block, five layers with a window to one
// without, each kind with its own rotary base, GeGLU, scaled embeddings tied to the head.
//                                                    source: Gemma Team 2025, arXiv:2503.19786
#pragma once

#include "models/config.h"

namespace hone {

// Gemma3ForCausalLM.
void read_gemma3_text(const JsonValue& json, ModelConfig& config);
void write_gemma3_text(const ModelConfig& config, Json& json);

// The text part of Gemma3ForConditionalGeneration.
void read_gemma3_vl(const JsonValue& json, ModelConfig& config);

}  // namespace hone
