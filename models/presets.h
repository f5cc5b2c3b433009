// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Built-in model shapes: base_model `random:<preset>` starts from random weights, without any file.
#pragma once

#include <string>
#include <vector>

#include "models/config.h"

namespace hone {

// "quickstart", "Qwen3.5-0.8B", ... Errors: kUsage for an unknown name, listing all.
ModelConfig preset_config(const std::string& name);
std::vector<std::string> preset_names();

}  // namespace hone
