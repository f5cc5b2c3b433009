// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/dropout.h"

#include "autograd/tape.h"

namespace hone {

Var dropout(const Var& x, double p, const kernels::DropoutStream& stream) {
  if (p == 0) return x;
  return record(
      {x}, kernels::dropout(x.value(), p, stream),
      [gx = x.grad(), p, stream](const Tensor& dy) { gx->add(kernels::dropout(dy, p, stream)); });
}

}  // namespace hone
