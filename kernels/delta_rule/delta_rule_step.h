// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The gated delta rule for generation: one token for each of some sequences, whose states lie in
// slots and are changed in place.                     source: Yang et al. 2024, arXiv:2412.06464
//
//   d    = beta[n] (v[n] - e^g[n] S^T k[n])      q is scaled by Dk^-1/2; q and k are those of key
//   S   <- e^g[n] S + k[n] d^T                   head h / (Hv / Hk)
//   o[n] = S^T q[n]                              S is states[slots[n], h], after the token before
//
//   q, k [N, Hk, Dk], v [N, Hv, Dv] in T = f32, f64 or bf16: views with contiguous heads
//   g <= 0, beta [N, Hv] f32 (f64 for f64), row-major      slots [N] i32, all different
//   states [slots, Hv, Dk, Dv] f32 (f64 for f64)           o [N, Hv, Dv] in T, row-major
//   Math in f32 (f64). States come from gated_delta_rule_forward's final_state (delta_rule.h).
//
//   How it works: a state is read twice and written once: first S^T k alone, then the new state
//   row by row, with what the row gives to o while it is at hand.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/delta_rule/delta_heads.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct DeltaStepInput {
  Tensor q, k;     // [N, Hk, Dk] T, L2-normalised, q not scaled
  Tensor v;        // [N, Hv, Dv] T
  Tensor g, beta;  // [N, Hv] f32
  Tensor slots;    // [N] i32
};

// Returns o; changes the states of the slots.
Tensor gated_delta_rule_step(const DeltaStepInput& in, const Tensor& states);

// N tokens with q, k, v in T.
Cost gated_delta_rule_step_cost(int64_t n, const DeltaHeads& heads, DType t);

// Device implementations.
template <Isa I>
void gated_delta_rule_step(Cpu<I>, const DeltaStepInput& in, const Tensor& states, const Tensor& o);
void gated_delta_rule_step(Cuda, const DeltaStepInput& in, const Tensor& states, const Tensor& o);

}  // namespace hone::kernels
