// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"

namespace hone {

// h = silu(gate) * up, [N, I] each; maths in kernels/swiglu/swiglu.h.
// Saves: swiglu.gate, swiglu.up.
Var swiglu(const Var& gate, const Var& up);

// The same with gate in columns [0, I) and up in columns [I, 2I) of gate_up [N, 2I] -> [N, I].
// Saves: swiglu.gate_up.
Var swiglu_fused(const Var& gate_up);

}  // namespace hone
