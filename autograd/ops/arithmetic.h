// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"

namespace hone {

// a + b. Requires: equal shapes and dtypes. Saves nothing.
Var add(const Var& a, const Var& b);

// x * factor. factor: a scalar on the device that gets no gradient, f32 (f64 for f64). Saves nothing.
Var scale(const Var& x, const Tensor& factor);

// x * factor. Saves nothing.
Var scale(const Var& x, double factor);

// The same elements under another shape. Requires: contiguous. Saves nothing.
Var reshape(const Var& x, const Shape& shape);

}  // namespace hone
