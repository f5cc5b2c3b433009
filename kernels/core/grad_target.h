// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/tensor.h"

namespace hone::kernels {

// Where a backward kernel puts a parameter's gradient. The tensor is f32 (f64 for f64 data) and
// usually a slice of the flat gradient arena; undefined means that nobody wants this gradient.
struct GradTarget {
  Tensor tensor;
  bool accumulate = false;  // true: tensor += gradient; false: tensor = gradient

  bool wanted() const { return tensor.defined(); }
};

}  // namespace hone::kernels
