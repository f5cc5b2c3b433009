// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The roles that a dataset's configuration names.
#pragma once

#include <map>
#include <string>

#include "train/config.h"
#include "train/config_errors.h"
#include "train/config_value.h"

namespace hone {

// The key `roles` turned round: a row's role -> the template's.
std::map<std::string, std::string> template_roles(const DatasetConfig& dataset);

// Adds an error for each of roles_to_train that no template knows, at its place in `item`, the map
// that `dataset` has been read from. `prefix`: "datasets.0.".
void check_roles_to_train(const ConfigValue& item, const std::string& prefix,
                          const DatasetConfig& dataset, ConfigErrors& errors);

}  // namespace hone
