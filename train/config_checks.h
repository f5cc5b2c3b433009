// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Checks between keys: pairs that exclude or need each other. Each key by itself was checked when
// it was read.
#pragma once

#include <string>
#include <vector>

#include "train/config.h"
#include "train/config_errors.h"

namespace hone {

// Adds every contradiction to `errors` and every remark to `notices`. `tree` tells which keys were
// given and where.
void check_between_keys(const TrainConfig& config, const ConfigValue& tree, ConfigErrors& errors,
                        std::vector<std::string>& notices);

}  // namespace hone
