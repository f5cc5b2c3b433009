// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/geglu.h"

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/geglu/geglu.h"

namespace hone {

Var geglu(const Var& gate, const Var& up) {
  const Saved g("geglu.gate", gate), u("geglu.up", up);
  Var y = record({gate, up}, kernels::geglu_forward(gate.value(), up.value()),
                 [g, u, gg = gate.grad(), gu = up.grad()](const Tensor& dh) {
                   const Tensor dgate = Tensor::empty_like(dh), dup = Tensor::empty_like(dh);
                   kernels::geglu_backward(dh, g.get(), u.get(), dgate, dup);
                   gg->add(dgate);
                   gu->add(dup);
                 });
  if (y.requires_grad()) y.set_recipe([g, u] { return kernels::geglu_forward(g.get(), u.get()); });
  return y;
}

}  // namespace hone
