// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/bradley_terry.h"

#include "autograd/saved.h"
#include "autograd/tape.h"

namespace hone {

Var bradley_terry(const Var& scores, const kernels::PreferencePairs& pairs) {
  return record({scores}, kernels::bradley_terry_forward(scores.value(), pairs).loss,
                [saved = Saved("bradley_terry.scores", scores.value()), pairs,
                 gs = scores.grad()](const Tensor& dloss) {
                  gs->add(kernels::bradley_terry_backward(dloss, saved.get(), pairs));
                });
}

}  // namespace hone
