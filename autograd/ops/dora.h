// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/ops/linear.h"

namespace hone {

// The lengths [out] of the rows of W + scale * B A, in f32 (f64 for an f64 model). Outside the tape: to
// the gradient they are constants. Takes a temporary of W's size in that dtype.
Tensor dora_norms(const Weight& w, const Lora& lora);

// u * magnitude / norm + bias for u = x (W + scale * B A)^T of shape [..., out], by columns.
// magnitude [out] and norm [out] f32 (f64), bias [out] in u's dtype or undefined.
//                                                   source: Liu et al. 2024, arXiv:2402.09353
//
//   du = dy * magnitude / norm     dmagnitude = sum_n dy * u / norm     dbias = sum_n dy
//
// Saves: dora.u.
Var dora(const Var& u, const Var& magnitude, const Tensor& norm, const Var& bias = Var());

}  // namespace hone
