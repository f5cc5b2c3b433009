// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/squared_relu.h"

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/squared_relu/squared_relu.h"

namespace hone {

Var squared_relu(const Var& x) {
  const Saved saved("squared_relu.x", x);
  Var y = record({x}, kernels::squared_relu_forward(x.value()),
                 [saved, gx = x.grad()](const Tensor& dy) {
                   gx->add(kernels::squared_relu_backward(dy, saved.get()));
                 });
  if (y.requires_grad())
    y.set_recipe([saved] { return kernels::squared_relu_forward(saved.get()); });
  return y;
}

}  // namespace hone
