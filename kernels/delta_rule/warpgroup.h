// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The chunked form by the kernels of warpgroup_tiles.cuh.
#pragma once

#include "kernels/delta_rule/delta_rule.h"

namespace hone::kernels {

// Whether they are used: for bf16 heads of 128 on a GPU that has the instructions.
bool is_warpgroup_input(const DeltaRuleInput& in);

void warpgroup_forward(Cuda device, const DeltaRuleInput& in, const DeltaRuleOutput& out);
void warpgroup_backward(Cuda device, const Tensor& grad_o, const Tensor& grad_final_state,
                        const DeltaRuleInput& in, const DeltaRuleGrads& out);

}  // namespace hone::kernels
