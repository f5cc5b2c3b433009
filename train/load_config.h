// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a YAML file and a command line to a checked TrainConfig.
#pragma once

#include <ctime>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "train/command_line.h"
#include "train/config.h"
#include "train/config_value.h"
#include "train/paths.h"

namespace hone {

struct LoadedConfig {
  TrainConfig config;
  std::vector<std::string> notices;  // one line each: accepted keys that have no effect
  // Where the keys were given, and what is in lists and maps ("lora_target_modules.0",
  // "datasets.1.type"): "run.yaml:3:9".
  std::map<std::string, std::string> places = {};
};

// "outputs/2026-11-22_17-05-33" (local time) under the folder where the user stands.
std::filesystem::path default_output_dir(const PathRoots& roots, std::time_t now);

// Turns a tree (a YAML file's, changed by the command line) into a checked configuration.
// `yaml_directory` is the folder of the YAML file, or empty when there is none.
//
// Errors: kUsage. All problems are collected and reported at once, each on a line with its
// position: unknown keys (with the nearest known one), wrong types, values out of range, files that
// do not exist (with every place tried), keys that contradict each other, required keys that are
// missing.
LoadedConfig resolve_config(const ConfigValue& tree, const std::filesystem::path& yaml_directory,
                            const PathRoots& roots);

// Reads the YAML file command_line.config_path, relative to where the user stands (none when
// empty), applies the key=value pairs and resolves the result. Errors: kUsage.
LoadedConfig load_config(const CommandLine& command_line, const PathRoots& roots);

}  // namespace hone
