// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Llama 3, and what others build on: RMSNorm, grouped-query attention, SwiGLU.
//                                                  source: Grattafiori et al. 2024, arXiv:2407.21783
#pragma once

#include "models/config.h"

namespace hone {

void read_llama(const JsonValue& json, ModelConfig& config);
void write_llama(const ModelConfig& config, Json& json);

}  // namespace hone
