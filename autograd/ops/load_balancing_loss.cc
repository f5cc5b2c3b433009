// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/load_balancing_loss.h"

#include "autograd/saved.h"
#include "autograd/tape.h"

namespace hone {

Var load_balancing_loss(std::span<const Var> logits, std::span<const Tensor> ids,
                        const Tensor& counted) {
  std::vector<Tensor> values;
  std::vector<Saved> saved;
  std::vector<GradHandle> grads;
  for (const Var& layer : logits) {
    values.push_back(layer.value());
    saved.emplace_back("load_balancing_loss.logits", layer.value());
    grads.push_back(layer.grad());
  }
  const auto out = kernels::load_balancing_forward(values, ids, counted);
  return record(logits, {out.loss},
                [saved, grads, fractions = out.fractions, counted](std::span<const Tensor> dloss) {
                  const auto layers = static_cast<int64_t>(saved.size());
                  for (size_t l = 0; l < saved.size(); ++l)
                    if (grads[l]->wanted())
                      grads[l]->add(kernels::load_balancing_backward(dloss[0], saved[l].get(),
                                                                     fractions, counted, layers));
                })[0];
}

}  // namespace hone
