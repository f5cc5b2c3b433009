// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/layer_norm.h"

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/layer_norm/layer_norm.h"

namespace hone {
namespace {

// What backward needs, and what the result can be made of again.
struct Normed {
  Saved h;
  Tensor weight, bias, stats;
  double eps;
  kernels::NormWeight kind;
  GradHandle gw, gb;

  // The gradient of h. dh_out may be undefined.
  Tensor backward(const Tensor& dy, const Tensor& dh_out) const {
    const auto target = [&](const GradHandle& g) {
      return g->target(weight.shape(), stats.dtype(), weight.device());
    };
    return kernels::layer_norm_backward(dy, dh_out, h.get(), weight, stats, kind,
                                        {target(gw), target(gb)});
  }
  void set_recipe(Var& y) const {
    if (y.requires_grad())
      y.set_recipe([n = *this] {
        return kernels::layer_norm_forward(n.h.get(), Tensor(), n.weight, n.bias, n.eps, n.kind).y;
      });
  }
};

}  // namespace

Var layer_norm(const Var& x, const Var& w, const Var& b, double eps, kernels::NormWeight kind) {
  const auto out =
      kernels::layer_norm_forward(x.value(), Tensor(), w.value(), b.value(), eps, kind);
  const Normed normed{
      Saved("layer_norm.x", x), w.value(), b.value(), out.stats, eps, kind, w.grad(), b.grad()};
  Var y = record({x, w, b}, out.y, [normed, gx = x.grad()](const Tensor& dy) {
    gx->add(normed.backward(dy, Tensor()));
  });
  normed.set_recipe(y);
  return y;
}

std::array<Var, 2> add_layer_norm(const Var& x, const Var& residual, const Var& w, const Var& b,
                                  double eps, kernels::NormWeight kind) {
  const auto out =
      kernels::layer_norm_forward(x.value(), residual.value(), w.value(), b.value(), eps, kind);
  const Normed normed{
      Saved("layer_norm.x", out.h), w.value(), b.value(), out.stats, eps, kind, w.grad(), b.grad()};
  std::vector<Var> vars =
      record({x, residual, w, b}, {out.h, out.y},
             [normed, gx = x.grad(), gr = residual.grad()](std::span<const Tensor> dy) {
               const Tensor dh = dy[1].defined() ? normed.backward(dy[1], dy[0]) : dy[0];
               gx->add(dh);
               gr->add(dh);
             });
  normed.set_recipe(vars[1]);
  return {vars[0], vars[1]};
}

}  // namespace hone
