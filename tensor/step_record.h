// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a StepScope recorded, to compare steps with each other.
#pragma once

#include <vector>

#include "tensor/device.h"
#include "tensor/step_plan.h"

namespace hone {

// The allocations of the last step that was recorded (the first with its key), in order.
std::vector<Lifetime> last_recorded_step(Device device);

}  // namespace hone
