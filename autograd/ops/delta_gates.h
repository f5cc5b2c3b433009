// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "autograd/var.h"

namespace hone {

// {g [N, H], beta [N, H]}, f32 (f64 for f64): the log decay -exp(a_log) * softplus(a + dt_bias) and
// the writing strength sigmoid(b), from a, b [N, H] and the parameters a_log, dt_bias [H]; maths in
// kernels/delta_rule/delta_gates.h.
// Saves: delta_gates.a, delta_gates.b.
std::array<Var, 2> delta_gates(const Var& a, const Var& b, const Var& a_log, const Var& dt_bias);

}  // namespace hone
