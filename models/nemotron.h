// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Nemotron and Minitron (not the Mamba hybrids): LayerNorm1p, squared ReLU, half-rotated heads.
//                  source: Parmar et al. 2024, arXiv:2402.16819; Muralidharan et al. 2024,
//                  arXiv:2407.14679 (Nemotron-Mini)
#pragma once

#include "models/config.h"

namespace hone {

void read_nemotron(const JsonValue& json, ModelConfig& config);
void write_nemotron(const ModelConfig& config, Json& json);

}  // namespace hone
