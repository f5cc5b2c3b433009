// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/gated_delta_rule.h"

#include "autograd/saved.h"
#include "autograd/tape.h"

namespace hone {

Var gated_delta_rule(const Var& q, const Var& k, const Var& v, const Var& g, const Var& beta,
                     const Tensor& cu_seqlens, DeltaForm form) {
  const kernels::DeltaRuleInput in{q.value(),    k.value(),  v.value(), g.value(),
                                   beta.value(), cu_seqlens, Tensor()};
  return record({q, k, v, g, beta}, kernels::gated_delta_rule_forward(in, form, false).o,
                [sq = Saved("gated_delta_rule.q", q), sk = Saved("gated_delta_rule.k", k),
                 sv = Saved("gated_delta_rule.v", v), sg = Saved("gated_delta_rule.g", g),
                 sb = Saved("gated_delta_rule.beta", beta), cu_seqlens, form, gq = q.grad(),
                 gk = k.grad(), gv = v.grad(), gg = g.grad(), gb = beta.grad()](const Tensor& dy) {
                  const auto d = kernels::gated_delta_rule_backward(
                      dy, Tensor(),
                      {sq.get(), sk.get(), sv.get(), sg.get(), sb.get(), cu_seqlens, Tensor()},
                      form);
                  gq->add(d.dq);
                  gk->add(d.dk);
                  gv->add(d.dv);
                  gg->add(d.dg);
                  gb->add(d.dbeta);
                });
}

}  // namespace hone
