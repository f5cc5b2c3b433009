// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/weight.h"

#include "kernels/elementwise/elementwise.h"

namespace hone {

Tensor Weight::materialize(DType dtype) const {
  const Tensor& stored = dense_.value();
  return stored.dtype() == dtype ? stored : kernels::cast(stored, dtype);
}

}  // namespace hone
