// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/dora.h"

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/dora/dora.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/gemm.h"

namespace hone {

Tensor dora_norms(const Weight& w, const Lora& lora) {
  const MemoryScope scope("scratch");
  const DType dtype = kernels::accumulator_dtype(lora.a.dtype());
  // A dense weight of that dtype would be the stored one.
  const Tensor v = w.quantized() ? w.materialize(dtype) : kernels::cast(w.dense().value(), dtype);
  const auto factor = [&](const Var& f) { return kernels::cast(f.value(), dtype); };
  kernels::gemm(factor(lora.b), kernels::Transpose::no, factor(lora.a), kernels::Transpose::no,
                lora.scale, 1, v);
  return kernels::dora_norms(v);
}

Var dora(const Var& u, const Var& magnitude, const Tensor& norm, const Var& bias) {
  const int64_t out = u.dim(-1);
  const auto as_matrix = [out](const Tensor& t) {
    return t.view({out == 0 ? 0 : t.numel() / out, out});
  };
  const Tensor y = kernels::dora_forward(as_matrix(u.value()), magnitude.value(), norm,
                                         bias.defined() ? bias.value() : Tensor());
  return record({u, magnitude, bias}, y.view(u.shape()),
                [saved = Saved("dora.u", u), m = magnitude.value(), norm, as_matrix, gu = u.grad(),
                 gm = magnitude.grad(), gbias = bias.grad()](const Tensor& dy) {
                  const Tensor x = as_matrix(saved.get());
                  const DType sums = norm.dtype();
                  const auto target = [&](const GradHandle& g) {
                    return g->target(norm.shape(), sums, norm.device());
                  };
                  const Tensor du =
                      kernels::dora_backward(as_matrix(dy), x, m, norm, target(gm), target(gbias));
                  gu->add(du.view(dy.shape()));
                });
}

}  // namespace hone
