// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about evaluation during training.
#include "train/config_rules/lines.h"

namespace hone::config_rules {

TrainRules evaluation_rules() { return {}; }

}  // namespace hone::config_rules
