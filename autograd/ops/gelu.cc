// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/gelu.h"

#include "autograd/saved.h"
#include "autograd/tape.h"

namespace hone {

Var gelu(const Var& x, kernels::GeluForm form) {
  const Saved saved("gelu.x", x);
  Var y = record({x}, kernels::gelu_forward(x.value(), form),
                 [saved, form, gx = x.grad()](const Tensor& dy) {
                   gx->add(kernels::gelu_backward(dy, saved.get(), form));
                 });
  if (y.requires_grad())
    y.set_recipe([saved, form] { return kernels::gelu_forward(saved.get(), form); });
  return y;
}

}  // namespace hone
