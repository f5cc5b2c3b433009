// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/split_columns.h"

#include "autograd/tape.h"
#include "kernels/elementwise/elementwise.h"

namespace hone {

std::vector<Var> split_columns(const Var& x, int64_t parts) {
  check(x.shape().rank() == 2 && parts > 0 && x.dim(1) % parts == 0, "split_columns: ", x.shape(),
        " is not ", parts, " parts side by side");
  const int64_t columns = x.dim(1) / parts;
  std::vector<Tensor> views;
  for (int64_t p = 0; p < parts; ++p) views.push_back(x.value().narrow(1, p * columns, columns));
  return record(
      {x}, std::move(views),
      [gx = x.grad(), shape = x.shape(), columns](std::span<const Tensor> dy) {
        Tensor dx;
        for (const Tensor& d : dy)
          if (d.defined() && !dx.defined()) dx = Tensor::empty(shape, d.dtype(), d.device());
        for (size_t p = 0; p < dy.size(); ++p) {
          const Tensor part = dx.narrow(1, static_cast<int64_t>(p) * columns, columns);
          kernels::cast_into(
              dy[p].defined() ? dy[p] : Tensor::zeros(part.shape(), part.dtype(), part.device()),
              part, false);
        }
        gx->add(dx);
      });
}

}  // namespace hone
