// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"

namespace hone {

// y = max(x, 0)^2. Requires: contiguous. Saves: squared_relu.x.
Var squared_relu(const Var& x);

}  // namespace hone
