// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "autograd/var.h"
#include "kernels/rms_norm/rms_norm.h"

namespace hone {

// y = LayerNorm(x) [..., C] with weight w or 1 + w and bias b [C]; maths and dtypes in
// kernels/layer_norm/layer_norm.h. Saves: layer_norm.x, and two f32 per row.
Var layer_norm(const Var& x, const Var& w, const Var& b, double eps, kernels::NormWeight kind);

// {h, y} with h = x + residual and y = LayerNorm(h): the residual stream and the next block's input
// in one pass. Saves: layer_norm.x (h), and two f32 per row.
std::array<Var, 2> add_layer_norm(const Var& x, const Var& residual, const Var& w, const Var& b,
                                  double eps, kernels::NormWeight kind);

}  // namespace hone
