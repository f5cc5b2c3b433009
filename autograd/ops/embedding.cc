// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/embedding.h"

#include "autograd/tape.h"
#include "kernels/embedding/embedding.h"

namespace hone {

Var embedding(const Tensor& ids, const Var& table) {
  return record({table}, kernels::embedding_forward(ids, table.value()),
                [ids, shape = table.shape(), gt = table.grad()](const Tensor& dy) {
                  kernels::embedding_backward(
                      dy, ids,
                      gt->target(shape, kernels::accumulator_dtype(dy.dtype()), dy.device()));
                });
}

}  // namespace hone
