// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/rms_norm.h"

#include "autograd/saved.h"
#include "autograd/tape.h"

namespace hone {

using kernels::NormWeight;

Var rms_norm(const Var& x, const Var& w, double eps, NormWeight kind) {
  auto out = kernels::rms_norm_forward(x.value(), Tensor(), w.value(), eps, kind);
  return record({x, w}, out.y,
                [h = Saved("rms_norm.x", x.value()), weight = w.value(), rstd = out.rstd, kind,
                 gx = x.grad(), gw = w.grad()](const Tensor& dy) {
                  const Tensor saved = h.get();
                  gx->add(kernels::rms_norm_backward(
                      dy, Tensor(), saved, weight, rstd, kind,
                      gw->target(weight.shape(), rstd.dtype(), weight.device())));
                });
}

std::array<Var, 2> add_rms_norm(const Var& x, const Var& residual, const Var& w, double eps,
                                NormWeight kind) {
  auto out = kernels::rms_norm_forward(x.value(), residual.value(), w.value(), eps, kind);
  const std::vector<Var> vars =
      record({x, residual, w}, {out.h, out.y},
             [h = Saved("rms_norm.x", out.h), weight = w.value(), rstd = out.rstd, kind,
              gx = x.grad(), gr = residual.grad(), gw = w.grad()](std::span<const Tensor> dy) {
               Tensor dh = dy[0];
               if (dy[1].defined())
                 dh = kernels::rms_norm_backward(
                     dy[1], dy[0], h.get(), weight, rstd, kind,
                     gw->target(weight.shape(), rstd.dtype(), weight.device()));
               gx->add(dh);
               gr->add(dh);
             });
  return {vars[0], vars[1]};
}

}  // namespace hone
