// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/sigmoid_gate.h"

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/sigmoid_gate/sigmoid_gate.h"

namespace hone {

Var sigmoid_gate(const Var& a, const Var& z) {
  check(z.shape().rank() == 3, "sigmoid_gate: gate ", z.shape(), " must be [N, H, D]");
  const Shape flat = {z.dim(0), z.dim(1) * z.dim(2)};
  const Saved x("sigmoid_gate.a", a), gate("sigmoid_gate.z", z);
  Var y = record({a, z}, kernels::sigmoid_gate_forward(a.value().view(flat), z.value()),
                 [x, gate, flat, ga = a.grad(), gz = z.grad()](const Tensor& dy) {
                   const Tensor saved = x.get();
                   const auto d = kernels::sigmoid_gate_backward(dy, saved.view(flat), gate.get());
                   ga->add(d.da.view(saved.shape()));
                   gz->add(d.dz);
                 });
  if (y.requires_grad())
    y.set_recipe(
        [x, gate, flat] { return kernels::sigmoid_gate_forward(x.get().view(flat), gate.get()); });
  return y;
}

Var add_gated(const Var& routed, const Var& shared, const Var& s) {
  return record({routed, shared, s},
                kernels::add_gated_forward(routed.value(), shared.value(), s.value()),
                [x = Saved("add_gated.shared", shared), z = Saved("add_gated.s", s),
                 gr = routed.grad(), gs = shared.grad(), gz = s.grad()](const Tensor& dy) {
                  if (gs->wanted() || gz->wanted()) {
                    const auto d = kernels::add_gated_backward(dy, x.get(), z.get());
                    gs->add(d.dshared);
                    gz->add(d.dz);
                  }
                  gr->add(dy);
                });
}

}  // namespace hone
