// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/attention.h"

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/attention/attention.h"

namespace hone {

Var attention(const Var& q, const Var& k, const Var& v, const Tensor& cu_seqlens, double scale,
              int64_t window) {
  check(k.shape().rank() == 3, "attention: k ", k.shape(), " must be [N, Hk, D]");
  const auto heads = [kv_heads = k.dim(1)](const Tensor& t) {
    return t.rank() == 2 ? t.split(1, kv_heads) : t;
  };
  auto out =
      kernels::attention_forward(q.value(), k.value(), heads(v.value()), cu_seqlens, scale, window);
  return record(
      {q, k, v}, out.o,
      [sq = Saved("attention.q", q), sk = Saved("attention.k", k), sv = Saved("attention.v", v),
       so = Saved("attention.o", out.o), lse = out.lse, cu_seqlens, scale, window, heads,
       v_shape = v.shape(), gq = q.grad(), gk = k.grad(), gv = v.grad()](const Tensor& dy) {
        const auto d = kernels::attention_backward(dy, sq.get(), sk.get(), heads(sv.get()),
                                                   {so.get(), lse}, cu_seqlens, scale, window);
        gq->add(d.dq);
        gk->add(d.dk);
        gv->add(d.dv.view(v_shape));
      });
}

}  // namespace hone
