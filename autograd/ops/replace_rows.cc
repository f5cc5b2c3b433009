// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/replace_rows.h"

#include "autograd/tape.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/embedding/embedding.h"
#include "kernels/replace_rows/replace_rows.h"

namespace hone {
namespace {

// A copy of x with these rows replaced, by zeros if `values` is undefined.
Tensor replaced(const Tensor& x, const Tensor& rows, const Tensor& values) {
  const Tensor y = kernels::cast(x, x.dtype());
  kernels::replace_rows(rows, values, y);
  return y;
}

}  // namespace

Var replace_rows(const Var& x, const Tensor& rows, const Var& values) {
  return record({x, values}, replaced(x.value(), rows, values.value()),
                [rows, gx = x.grad(), gv = values.grad()](const Tensor& dy) {
                  if (gv->wanted()) gv->add(kernels::embedding_forward(rows, dy));
                  if (gx->wanted()) gx->add(replaced(dy, rows, Tensor()));
                });
}

}  // namespace hone
