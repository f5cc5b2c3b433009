// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The files that an item of datasets asks for.
#pragma once

#include <filesystem>
#include <string>

#include "train/config.h"
#include "train/config_errors.h"
#include "train/config_value.h"
#include "train/paths.h"

namespace hone {

// Where paths that are written in a configuration begin.
struct ConfigPlace {
  const std::filesystem::path& yaml_directory;
  const PathRoots& roots;
};

// Finds the files of `dataset`, which has been read from the map `item`: those whose names match its
// path, if that is a pattern and no file or folder, and its data_files, which are patterns or names
// in the folder that path and name are. They become its data_files, absolute; those of a pattern by
// name. What is not there goes to `errors`. `prefix`: "datasets.0.".
void find_data_files(const ConfigValue& item, const std::string& prefix, const ConfigPlace& place,
                     ConfigErrors& errors, DatasetConfig& dataset);

}  // namespace hone
