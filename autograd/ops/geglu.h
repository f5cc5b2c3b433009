// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"

namespace hone {

// h = gelu(gate) * up, [N, I] each, with GELU in its tanh form; maths in kernels/geglu/geglu.h.
// Saves: geglu.gate, geglu.up.
Var geglu(const Var& gate, const Var& up);

}  // namespace hone
