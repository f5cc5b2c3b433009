// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/dropout.h"

#include "autograd/tape.h"
#include "kernels/dropout/dropout.h"

namespace hone {

Var dropout(const Var& x, double p, const RandomStream& random) {
  if (p == 0) return x;
  return record(
      {x}, kernels::dropout(x.value(), p, random),
      [gx = x.grad(), p, random](const Tensor& dy) { gx->add(kernels::dropout(dy, p, random)); });
}

}  // namespace hone
