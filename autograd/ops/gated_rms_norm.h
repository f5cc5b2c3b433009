// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"
#include "kernels/gated_rms_norm/gated_rms_norm.h"

namespace hone {

// y [N, H * D] = w * RMSNorm_D(x) * silu(z): x [N, H, D], z [N, H * D] or [N, H, D], w [D] (not
// zero-centred); maths and dtypes in kernels/gated_rms_norm/gated_rms_norm.h.
// Saves: gated_rms_norm.x, gated_rms_norm.z, and one f32 per row and head.
Var gated_rms_norm(const Var& x, const Var& z, const Var& w, double eps);

}  // namespace hone
