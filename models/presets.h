// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Built-in model shapes: base_model `random:<preset>` starts from random weights, without any file;
// `random:<folder>` does so in the shape that the folder's config.json describes.
#pragma once

#include <string>
#include <vector>

#include "models/config.h"

namespace hone {

// "quickstart", "Qwen3.5-0.8B", ..., or a folder: whatever contains a '/'. Errors: kUsage for an
// unknown name, listing all; those of load_model_config.
ModelConfig preset_config(const std::string& name);
std::vector<std::string> preset_names();

}  // namespace hone
