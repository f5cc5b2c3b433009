// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "autograd/var.h"
#include "kernels/moe/aux_loss.h"

namespace hone {

// The load-balancing loss over all layers of a mixture of experts, a scalar in f32 (f64 for f64);
// maths in kernels/moe/aux_loss.h. logits: the router's, per layer [N, E]; ids: the experts chosen
// from them, per layer [N, K] i32. Rows [row_begin, row_end) count, the others are padding.
// Saves: load_balancing_loss.logits, which the router's product saved or made anyway.
Var load_balancing_loss(std::span<const Var> logits, std::span<const Tensor> ids, int64_t row_begin,
                        int64_t row_end);

}  // namespace hone
