// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "autograd/var.h"
#include "kernels/delta_rule/delta_heads.h"

namespace hone {

using kernels::DeltaHeads;

// {q [N, Hk, Dk], k [N, Hk, Dk], v [N, Hv, Dv]} from the columns q | k | v of
// qkv [N, 2 * Hk * Dk + Hv * Dv]. Every head of q and k is divided by its L2 norm, the square root
// of (sum of squares + 1e-6) (kernels/l2_norm/l2_norm.h); q is not scaled yet. v is a view of qkv.
// Saves: split_l2_norm.qkv (v keeps the same bytes alive), and one f32 per row and head of q and k.
std::array<Var, 3> split_l2_norm(const Var& qkv, DeltaHeads heads);

}  // namespace hone
