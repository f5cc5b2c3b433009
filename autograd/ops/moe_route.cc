// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/moe_route.h"

#include "autograd/checkpoint.h"
#include "autograd/saved.h"
#include "autograd/tape.h"

namespace hone {

MoeRoute moe_route(const Var& logits, int64_t k, bool renormalise, const Tensor& replay_ids) {
  const std::vector<Tensor> kept = keep_through_recompute([&] {
    const auto out = kernels::moe_route_forward(logits.value(), k, renormalise, replay_ids);
    return std::vector<Tensor>{out.weights, out.ids, out.exact};
  });
  const Tensor &weights = kept[0], &ids = kept[1], &exact = kept[2];
  if (renormalise)
    return {record({logits}, weights,
                   [exact, ids, experts = logits.dim(1), g = logits.grad()](const Tensor& dw) {
                     g->add(kernels::moe_route_renormalised_backward(dw, exact, ids, experts));
                   }),
            ids};
  return {
      record({logits}, weights,
             [saved = Saved("moe_route.logits", logits), ids, g = logits.grad()](const Tensor& dw) {
               g->add(kernels::moe_route_backward(dw, saved.get(), ids));
             }),
      ids};
}

}  // namespace hone
