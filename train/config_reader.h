// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a tree of values to a TrainConfig, by the table of keys.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "train/config.h"
#include "train/config_errors.h"
#include "train/config_value.h"
#include "train/paths.h"

namespace hone {

// Gives `config` what `tree`, a map or null, says. Paths in a file are tried from
// `yaml_directory` as well. What is wrong with a key or its value goes to `errors`, and its member
// keeps its default. Rules between keys are not checked (train/config_rules.h).
//
// Returns lines about what was accepted: why keys have no effect, and notes about chosen words.
std::vector<std::string> read_config(const ConfigValue& tree,
                                     const std::filesystem::path& yaml_directory,
                                     const PathRoots& roots, ConfigErrors& errors,
                                     TrainConfig& config);

}  // namespace hone
