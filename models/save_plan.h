// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What backward computes again instead of keeping it.
#pragma once

#include "autograd/saved.h"
#include "models/config.h"

namespace hone {

// The plan of the config's family. What it names is cheap to make from tensors that are kept in any
// case; everything else is kept. The bits of the gradients are the same with and without it.
const SavePlan& save_plan_of(const ModelConfig& config);

}  // namespace hone
