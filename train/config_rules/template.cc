// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about the chat template.
#include "train/config_rules/lines.h"

namespace hone::config_rules {

TrainRules template_rules() { return {}; }

}  // namespace hone::config_rules
