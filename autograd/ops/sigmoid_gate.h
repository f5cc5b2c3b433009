// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"

namespace hone {

// y = a * sigmoid(z): a [N, H, D] or [N, H*D], z [N, H, D], whose rows and heads may be strided
// -> [N, H*D]. Maths in kernels/sigmoid_gate/sigmoid_gate.h.
// Saves: sigmoid_gate.a, sigmoid_gate.z.
Var sigmoid_gate(const Var& a, const Var& z);

// y[n,:] = routed[n,:] + sigmoid(s[n]) * shared[n,:]: routed, shared [N, C], s [N, 1] logits
// -> [N, C]. Saves: add_gated.shared, add_gated.s.
Var add_gated(const Var& routed, const Var& shared, const Var& s);

}  // namespace hone
