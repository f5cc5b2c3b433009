// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"
#include "kernels/bradley_terry/bradley_terry.h"

namespace hone {

// The loss of a reward model over pairs of answers, a scalar in f32 (f64 for f64); maths in
// kernels/bradley_terry/bradley_terry.h. scores [N, 1]: of every token.
// Saves: bradley_terry.scores, which are N numbers.
Var bradley_terry(const Var& scores, const kernels::PreferencePairs& pairs);

}  // namespace hone
