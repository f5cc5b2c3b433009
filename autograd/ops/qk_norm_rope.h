// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "autograd/var.h"
#include "kernels/qk_norm_rope/qk_norm_rope.h"

namespace hone {

// Prepares queries and keys for attention: RMSNorm of each head, then the rotary embedding of its
// first R dimensions. Maths and dtypes in kernels/qk_norm_rope/qk_norm_rope.h.
//
//   q [N, H*D], or if gated [N, H*2D] with D columns of query and D of gate for each head
//   k [N, Hk*D]         q_weight, k_weight [D], or both undefined: no norm
//   rotary              cos, sin [N, R/2]
//
// Returns {q [N, H, D], k [N, Hk, D]}, and if gated also the gate [N, H, D], a strided view of the
// input. Saves: qk_norm_rope.q, qk_norm_rope.k and one f32 per head and row if there is a norm.
std::vector<Var> qk_norm_rope(const Var& q, bool gated, const Var& k, const Var& q_weight,
                              const Var& k_weight, double eps, kernels::NormWeight kind,
                              const kernels::RotaryTable& rotary, int64_t heads, int64_t kv_heads);

}  // namespace hone
