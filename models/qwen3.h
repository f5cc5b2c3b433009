// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Qwen3, dense and mixture of experts: Llama's blocks with normalised queries and keys.
//                                                    source: Yang et al. 2025, arXiv:2505.09388
#pragma once

#include "models/config.h"

namespace hone {

void read_qwen3(const JsonValue& json, ModelConfig& config);
void write_qwen3(const ModelConfig& config, Json& json);

void read_qwen3_moe(const JsonValue& json, ModelConfig& config);
void write_qwen3_moe(const ModelConfig& config, Json& json);

}  // namespace hone
