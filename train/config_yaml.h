// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A configuration as YAML, made from the table of keys.
#pragma once

#include <string>

#include "train/config_keys.h"

namespace hone {

// The value of an honoured key in `config` as YAML on one line: "8", "[q_proj, v_proj]",
// "{q_proj: 4}"; "" when it is not given. Reading it gives the same value. Folders and files are
// written absolute; a model's name on the hub and random:<preset> as they are.
std::string value_yaml(const ConfigKey<TrainConfig>& key, const TrainConfig& config);
std::string value_yaml(const ConfigKey<DatasetConfig>& key, const DatasetConfig& config);

// A whole file: every honoured key that has a value, by group. Loading it gives the same
// configuration wherever the user stands.
std::string config_yaml(const TrainConfig& config);

// `text` as a YAML scalar: plain where that is safe, else between double quotes.
std::string yaml_scalar(const std::string& text);

}  // namespace hone
