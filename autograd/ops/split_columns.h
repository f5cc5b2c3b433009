// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "autograd/var.h"

namespace hone {

// x [N, parts * C] -> `parts` views [N, C] of it, side by side in x. Saves nothing.
std::vector<Var> split_columns(const Var& x, int64_t parts);

}  // namespace hone
