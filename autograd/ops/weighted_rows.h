// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"

namespace hone {

// y[n,:] = sum_k weights[n,k] table[ids[n,k],:]: ids [N, K] i64, weights [N, K] f32 without a
// gradient, table [V, C] -> [N, C].
// Errors: kInternal if an id is outside [0, V). Saves: ids and weights.
Var weighted_rows(const Tensor& ids, const Tensor& weights, const Var& table);

}  // namespace hone
