// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "autograd/var.h"
#include "kernels/rms_norm/rms_norm.h"

namespace hone {

// y = RMSNorm(x) [..., C] with weight w [C]; maths and dtypes in kernels/rms_norm/rms_norm.h.
// Saves: rms_norm.x, and one f32 per row.
Var rms_norm(const Var& x, const Var& w, double eps, kernels::NormWeight kind);

// {h, y} with h = x + residual and y = RMSNorm(h): the residual stream and the next block's input
// in one pass. Saves: rms_norm.x (h), and one f32 per row.
std::array<Var, 2> add_rms_norm(const Var& x, const Var& residual, const Var& w, double eps,
                                kernels::NormWeight kind);

}  // namespace hone
