// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"
#include "kernels/dropout/dropout.h"

namespace hone {

// y[i] = x[i] / (1 - p) where the stream's uniform(i) >= p, else 0. The mask is a function of the
// stream and the element, so backward draws it again. p in [0, 1); p = 0 returns x. Saves nothing.
Var dropout(const Var& x, double p, const kernels::DropoutStream& stream);

}  // namespace hone
