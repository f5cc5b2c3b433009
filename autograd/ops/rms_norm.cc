// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/rms_norm.h"

#include "autograd/saved.h"
#include "autograd/tape.h"

namespace hone {

using kernels::NormWeight;

namespace {

void set_norm_recipe(Var& y, const Saved& h, const Tensor& w, double eps, NormWeight kind) {
  if (y.requires_grad())
    y.set_recipe([=] { return kernels::rms_norm_forward(h.get(), Tensor(), w, eps, kind).y; });
}

}  // namespace

Var rms_norm(const Var& x, const Var& w, double eps, NormWeight kind) {
  auto out = kernels::rms_norm_forward(x.value(), Tensor(), w.value(), eps, kind);
  const Saved h("rms_norm.x", x);
  Var y = record({x, w}, out.y,
                 [h, weight = w.value(), rstd = out.rstd, kind, gx = x.grad(),
                  gw = w.grad()](const Tensor& dy) {
                   gx->add(kernels::rms_norm_backward(
                       dy, Tensor(), h.get(), weight, rstd, kind,
                       gw->target(weight.shape(), rstd.dtype(), weight.device())));
                 });
  set_norm_recipe(y, h, w.value(), eps, kind);
  return y;
}

std::array<Var, 2> add_rms_norm(const Var& x, const Var& residual, const Var& w, double eps,
                                NormWeight kind) {
  auto out = kernels::rms_norm_forward(x.value(), residual.value(), w.value(), eps, kind);
  const Saved h("rms_norm.x", out.h);
  std::vector<Var> vars = record({x, residual, w}, {out.h, out.y},
                                 [h, weight = w.value(), rstd = out.rstd, kind, gx = x.grad(),
                                  gr = residual.grad(), gw = w.grad()](std::span<const Tensor> dy) {
                                   Tensor dh = dy[0];
                                   if (dy[1].defined())
                                     dh = kernels::rms_norm_backward(
                                         dy[1], dy[0], h.get(), weight, rstd, kind,
                                         gw->target(weight.shape(), rstd.dtype(), weight.device()));
                                   gx->add(dh);
                                   gr->add(dh);
                                 });
  set_norm_recipe(vars[1], h, w.value(), eps, kind);
  return {vars[0], vars[1]};
}

}  // namespace hone
