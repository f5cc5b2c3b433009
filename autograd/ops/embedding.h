// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"

namespace hone {

// y[n,:] = table[ids[n],:]: ids [N] i64, table [V, C] -> [N, C].
// Errors: kInternal if an id is outside [0, V). Saves: ids.
Var embedding(const Tensor& ids, const Var& table);

}  // namespace hone
