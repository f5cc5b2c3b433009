// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"
#include "kernels/gelu/gelu.h"

namespace hone {

// y = gelu(x); maths in kernels/gelu/gelu.h. Requires: contiguous. Saves: gelu.x.
Var gelu(const Var& x, kernels::GeluForm form);

}  // namespace hone
