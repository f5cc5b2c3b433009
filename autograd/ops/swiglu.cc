// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/swiglu.h"

#include <array>

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/swiglu/swiglu.h"

namespace hone {
namespace {

// {gate, up}: the halves of gate_up [N, 2I].
std::array<Tensor, 2> halves(const Tensor& gate_up) {
  check(gate_up.rank() == 2 && gate_up.dim(1) % 2 == 0, "swiglu: gate_up ", gate_up.shape(),
        " must be [N, 2I]");
  const int64_t I = gate_up.dim(1) / 2;
  return {gate_up.narrow(1, 0, I), gate_up.narrow(1, I, I)};
}

}  // namespace

Var swiglu(const Var& gate, const Var& up) {
  const Saved g("swiglu.gate", gate), u("swiglu.up", up);
  Var y = record({gate, up}, kernels::swiglu_forward(gate.value(), up.value()),
                 [g, u, gg = gate.grad(), gu = up.grad()](const Tensor& dh) {
                   const Tensor dgate = Tensor::empty_like(dh), dup = Tensor::empty_like(dh);
                   kernels::swiglu_backward(dh, g.get(), u.get(), dgate, dup);
                   gg->add(dgate);
                   gu->add(dup);
                 });
  if (y.requires_grad()) y.set_recipe([g, u] { return kernels::swiglu_forward(g.get(), u.get()); });
  return y;
}

Var swiglu_fused(const Var& gate_up) {
  const auto [gate, up] = halves(gate_up.value());
  return record({gate_up}, kernels::swiglu_forward(gate, up),
                [saved = Saved("swiglu.gate_up", gate_up), gx = gate_up.grad()](const Tensor& dh) {
                  const Tensor x = saved.get(), dx = Tensor::empty_like(x);
                  const auto [g, u] = halves(x);
                  const auto [dg, du] = halves(dx);
                  kernels::swiglu_backward(dh, g, u, dg, du);
                  gx->add(dx);
                });
}

}  // namespace hone
