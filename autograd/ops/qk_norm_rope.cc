// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/qk_norm_rope.h"

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/elementwise/elementwise.h"

namespace hone {
namespace {

using kernels::NormWeight;
using kernels::RotaryTable;

// The projection of one kind, as heads.
struct Heads {
  int64_t count;
  bool gated;

  // [N, H*D] as [N, H, D], or of [N, H*2D] the part that is not the gate.
  Tensor values(const Tensor& rows) const {
    const Tensor t = rows.split(1, count);
    return gated ? t.narrow(2, 0, t.dim(2) / 2) : t;
  }
  // The gate of [N, H*2D].
  Tensor gate(const Tensor& rows) const {
    const Tensor t = rows.split(1, count);
    return t.narrow(2, t.dim(2) / 2, t.dim(2) / 2);
  }
};

// What backward needs of the queries or of the keys.
struct Side {
  Heads heads;
  Shape shape;  // of the projection
  Saved x;      // the projection; undefined without a norm
  Tensor rstd;  // undefined without a norm
  Tensor weight;
  GradHandle gx, gw;

  void backward(const Tensor& dy, const Tensor& dgate, NormWeight kind,
                const RotaryTable& rotary) const;
};

void fill_with(const Tensor& part, const Tensor& gradient) {
  kernels::cast_into(
      gradient.defined() ? gradient : Tensor::zeros(part.shape(), part.dtype(), part.device()),
      part, false);
}

// dy and dgate may be undefined, but not both.
void Side::backward(const Tensor& dy, const Tensor& dgate, NormWeight kind,
                    const RotaryTable& rotary) const {
  if (!gx->wanted() && !gw->wanted()) return;
  if (!dy.defined() && !dgate.defined()) return;
  const Tensor& like = dy.defined() ? dy : dgate;
  const Tensor dx = Tensor::empty(shape, like.dtype(), like.device());
  if (heads.gated) fill_with(heads.gate(dx), dgate);
  if (dy.defined()) {
    const kernels::GradTarget dw =
        weight.defined()
            ? gw->target(weight.shape(), kernels::accumulator_dtype(dy.dtype()), dy.device())
            : kernels::GradTarget();
    kernels::qk_norm_rope_backward(dy, weight.defined() ? heads.values(x.get()) : Tensor(), weight,
                                   rstd, kind, rotary, heads.values(dx), dw);
  } else {
    fill_with(heads.values(dx), Tensor());
  }
  gx->add(dx);
}

// Runs the forward pass of one side and appends its output.
Side run(const char* name, const Var& x, Heads heads, const Var& w, double eps, NormWeight kind,
         const RotaryTable& rotary, std::vector<Tensor>& outputs) {
  check(x.shape().rank() == 2 && x.dim(1) % (heads.count * (heads.gated ? 2 : 1)) == 0, name, " ",
        x.shape(), " does not hold ", heads.count, heads.gated ? " gated" : "", " heads");
  auto out = kernels::qk_norm_rope_forward(heads.values(x.value()), w.value(), eps, kind, rotary);
  outputs.push_back(out.y);
  return {heads,    x.shape(), w.defined() ? Saved(name, x.value()) : Saved(), out.rstd, w.value(),
          x.grad(), w.grad()};
}

// q or k again. Not for a side without a norm: it saves nothing to make it of.
void set_heads_recipe(Var& y, const Side& side, double eps, NormWeight kind,
                      const RotaryTable& rotary) {
  if (!y.requires_grad() || !side.weight.defined()) return;
  y.set_recipe([x = side.x, heads = side.heads, w = side.weight, eps, kind, rotary] {
    return kernels::qk_norm_rope_forward(heads.values(x.get()), w, eps, kind, rotary).y;
  });
}

}  // namespace

std::vector<Var> qk_norm_rope(const Var& q, bool gated, const Var& k, const Var& q_weight,
                              const Var& k_weight, double eps, NormWeight kind,
                              const RotaryTable& rotary, int64_t heads, int64_t kv_heads) {
  std::vector<Tensor> outputs;
  const Heads q_heads = {heads, gated}, k_heads = {kv_heads, false};
  const Side sq = run("qk_norm_rope.q", q, q_heads, q_weight, eps, kind, rotary, outputs);
  const Side sk = run("qk_norm_rope.k", k, k_heads, k_weight, eps, kind, rotary, outputs);
  if (gated) outputs.push_back(q_heads.gate(q.value()));
  std::vector<Var> vars =
      record({q, k, q_weight, k_weight}, std::move(outputs),
             [sq, sk, kind, rotary](std::span<const Tensor> dy) {
               sq.backward(dy[0], dy.size() > 2 ? dy[2] : Tensor(), kind, rotary);
               sk.backward(dy[1], Tensor(), kind, rotary);
             });
  set_heads_recipe(vars[0], sq, eps, kind, rotary);
  set_heads_recipe(vars[1], sk, eps, kind, rotary);
  return vars;
}

}  // namespace hone
