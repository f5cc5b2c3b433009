// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/gated_rms_norm.h"

#include "autograd/saved.h"
#include "autograd/tape.h"

namespace hone {

Var gated_rms_norm(const Var& x, const Var& z, const Var& w, double eps) {
  auto out = kernels::gated_rms_norm_forward(x.value(), z.value(), w.value(), eps);
  const Saved sx("gated_rms_norm.x", x), sz("gated_rms_norm.z", z);
  Var y = record({x, z, w}, out.y,
                 [sx, sz, weight = w.value(), rstd = out.rstd, gx = x.grad(), gz = z.grad(),
                  gw = w.grad()](const Tensor& dy) {
                   auto d = kernels::gated_rms_norm_backward(
                       dy, sx.get(), sz.get(), weight, rstd,
                       gw->target(weight.shape(), rstd.dtype(), weight.device()));
                   gx->add(d.dx);
                   gz->add(d.dz);
                 });
  if (y.requires_grad())
    y.set_recipe([sx, sz, weight = w.value(), eps] {
      return kernels::gated_rms_norm_forward(sx.get(), sz.get(), weight, eps).y;
    });
  return y;
}

}  // namespace hone
