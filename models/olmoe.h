// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// OLMoE: queries and keys are normalised over all heads together, and the chosen experts'
// probabilities stay as they are.            source: Muennighoff et al. 2024, arXiv:2409.02060
#pragma once

#include "models/config.h"

namespace hone {

void read_olmoe(const JsonValue& json, ModelConfig& config);
void write_olmoe(const ModelConfig& config, Json& json);

}  // namespace hone
