// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/grouped_gemm.h"
#include "kernels/moe/grouped_launch.cuh"

namespace hone::kernels {

void grouped_gemm(Cuda device, const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op,
                  double alpha, double beta, const ExpertOrder& order, const Tensor& y, RowsBy y_by,
                  const Tensor&) {
  visit_float(x.dtype(), [&]<class T>() {
    GroupedProduct<T> g = {};
    g.base = factors_of<T>(x, x_by, w, op, order);
    g.out = y.dim(1);
    g.alpha = static_cast<acc_t<T>>(alpha);
    g.beta = static_cast<acc_t<T>>(beta);
    g.y = y.data<T>();
    g.y_rows = GroupedRows(y, y_by, order);
    launch_product(device, g, order, {x, w, y});
  });
}

}  // namespace hone::kernels
