// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"
#include "kernels/delta_rule/delta_rule.h"

namespace hone {

using kernels::DeltaForm;

// o [N, Hv, Dv]: the gated delta rule over each document of cu_seqlens, from a zero state. q and k
// [N, Hk, Dk] come normalised and not scaled, v [N, Hv, Dv] may be a strided view, g and beta
// [N, Hv] are f32 (f64 for f64); maths and dtypes in kernels/delta_rule/delta_rule.h.
// Saves: gated_delta_rule.q, .k, .v, .g and .beta, its inputs and nothing else.
Var gated_delta_rule(const Var& q, const Var& k, const Var& v, const Var& g, const Var& beta,
                     const Tensor& cu_seqlens, DeltaForm form = DeltaForm::chunked);

}  // namespace hone
