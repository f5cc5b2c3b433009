// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/gated_rms_norm.h"

#include "autograd/saved.h"
#include "autograd/tape.h"

namespace hone {

Var gated_rms_norm(const Var& x, const Var& z, const Var& w, double eps) {
  auto out = kernels::gated_rms_norm_forward(x.value(), z.value(), w.value(), eps);
  return record({x, z, w}, out.y,
                [sx = Saved("gated_rms_norm.x", x.value()),
                 sz = Saved("gated_rms_norm.z", z.value()), weight = w.value(), rstd = out.rstd,
                 gx = x.grad(), gz = z.grad(), gw = w.grad()](const Tensor& dy) {
                  auto d = kernels::gated_rms_norm_backward(
                      dy, sx.get(), sz.get(), weight, rstd,
                      gw->target(weight.shape(), rstd.dtype(), weight.device()));
                  gx->add(d.dx);
                  gz->add(d.dz);
                });
}

}  // namespace hone
