// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/conv1d_silu.h"

#include "autograd/saved.h"
#include "autograd/tape.h"

namespace hone {

Var conv1d_silu(const Var& x, const Var& w, const Tensor& cu_seqlens) {
  const Saved saved("conv1d_silu.x", x);
  Var y = record(
      {x, w}, kernels::conv1d_silu_forward(x.value(), w.value(), cu_seqlens),
      [saved, weight = w.value(), cu_seqlens, gx = x.grad(), gw = w.grad()](const Tensor& dy) {
        gx->add(kernels::conv1d_silu_backward(
            dy, saved.get(), weight, cu_seqlens,
            gw->target(weight.shape(), kernels::accumulator_dtype(weight.dtype()),
                       weight.device())));
      });
  if (y.requires_grad())
    y.set_recipe([saved, weight = w.value(), cu_seqlens] {
      return kernels::conv1d_silu_forward(saved.get(), weight, cu_seqlens);
    });
  return y;
}

}  // namespace hone
