// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"
#include "kernels/conv1d/conv1d.h"

namespace hone {

// y [N, C] = SiLU of the causal depthwise convolution of x [N, C] with w [C, 1, W] or [C, W], per
// document of cu_seqlens; maths and dtypes in kernels/conv1d/conv1d.h.
// Saves: conv1d_silu.x.
Var conv1d_silu(const Var& x, const Var& w, const Tensor& cu_seqlens);

}  // namespace hone
