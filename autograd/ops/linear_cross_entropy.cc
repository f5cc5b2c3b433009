// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/linear_cross_entropy.h"

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/linear_cross_entropy/linear_cross_entropy.h"

namespace hone {
namespace {

double value_of(const Tensor& scalar) {
  return scalar.dtype() == DType::f64 ? scalar.item<double>() : scalar.item<float>();
}

}  // namespace

Var linear_cross_entropy(const Var& h, const Weight& head, const Tensor& targets,
                         const Tensor& num_items) {
  const bool recorded = will_record({h, head.dense()});
  const kernels::GradTarget dw =
      recorded && head.requires_grad()
          ? head.dense().grad()->target(head.shape(), kernels::accumulator_dtype(h.dtype()),
                                        h.device())
          : kernels::GradTarget();
  auto out = kernels::linear_cross_entropy(h.value(), head.materialize(h.dtype()), targets,
                                           num_items, recorded && h.requires_grad(), dw);
  return record({h, head.dense()}, out.loss,
                [dh = Saved("linear_cross_entropy.dh", out.dh), gh = h.grad()](const Tensor& dy) {
                  if (dy.device() == kCpu)
                    check(value_of(dy) == 1, "linear_cross_entropy: the gradient of the loss is ",
                          value_of(dy),
                          ", but the op has already used 1; scale the loss through num_items");
                  gh->add(dh.get());
                });
}

}  // namespace hone
