// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "autograd/var.h"
#include "kernels/moe/aux_loss.h"

namespace hone {

// The load-balancing loss over all layers of a mixture of experts, a scalar in f32 (f64 for f64);
// maths in kernels/moe/aux_loss.h. logits: the router's, per layer [N, E]; ids: the experts chosen
// from them, per layer [N, K] i32. Rows counted[0] to counted[1] - 1 count (counted [2] i32, read on
// the device), the others are padding; undefined: all count.
// Saves: load_balancing_loss.logits, which the router's product saved or made anyway.
Var load_balancing_loss(std::span<const Var> logits, std::span<const Tensor> ids,
                        const Tensor& counted);

}  // namespace hone
