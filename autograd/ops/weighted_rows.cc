// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/weighted_rows.h"

#include "autograd/tape.h"
#include "kernels/weighted_rows/weighted_rows.h"

namespace hone {

Var weighted_rows(const Tensor& ids, const Tensor& weights, const Var& table) {
  return record({table}, kernels::weighted_rows_forward(ids, weights, table.value()),
                [ids, weights, shape = table.shape(), gt = table.grad()](const Tensor& dy) {
                  kernels::weighted_rows_backward(
                      dy, ids, weights,
                      gt->target(shape, kernels::accumulator_dtype(dy.dtype()), dy.device()));
                });
}

}  // namespace hone
