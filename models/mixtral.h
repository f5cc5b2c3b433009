// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Mixtral: Llama's attention, perhaps with a window, and a mixture of experts in every layer.
//                                                    source: Jiang et al. 2024, arXiv:2401.04088
#pragma once

#include "models/config.h"

namespace hone {

void read_mixtral(const JsonValue& json, ModelConfig& config);
void write_mixtral(const ModelConfig& config, Json& json);

}  // namespace hone
