// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/ops/moe_experts.h"
#include "autograd/ops/weight.h"
#include "kernels/nf4/selective.h"

namespace hone {

// The experts that a batch uses, numbered 0, 1, ... in their order: moe_experts over them equals
// moe_experts over all, bit for bit, and reads nothing of the idle ones.
//
//   const auto active = kernels::active_experts(route.ids, experts);
//   y = moe_experts(x, route.weights, compact_order(order, active),
//                   select_experts(gate_up, active, x.dtype()), &gate_up_lora, ...)
//
// For short or skewed batches and generation. In ordinary training no expert is idle; there
// quantised stacks are dequantised by moe_experts itself, a few experts at a time.

// stack [E, ...] -> [A, ...], a copy. The gradient goes back to the active experts' places, idle
// ones get zero. Saves nothing.
Var select_experts(const Var& stack, const kernels::ActiveExperts& active);
// Both factors of every active expert.
ExpertLora select_experts(const ExpertLora& lora, const kernels::ActiveExperts& active);
// Trainable or frozen if dense; a stack in 4 or 8 bits gives frozen dense experts in `dtype`, for
// which only what they hold is dequantised.
Weight select_experts(const Weight& stack, const kernels::ActiveExperts& active, DType dtype);

// The order of the same tokens over the active experts.
kernels::ExpertOrder compact_order(const kernels::ExpertOrder& order,
                                   const kernels::ActiveExperts& active);

}  // namespace hone
