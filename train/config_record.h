// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A configuration as text, to be kept beside what it produced and compared later.
#pragma once

#include <map>
#include <string>

#include "train/config.h"

namespace hone {

// Every honoured key with its value, given or default, as YAML (train/config_yaml.h).
std::map<std::string, std::string> config_record(const TrainConfig& config);

}  // namespace hone
