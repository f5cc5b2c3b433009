// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The fused form: rank = X op(first) by one grouped product, then the base product with rank op(second)
// as its first terms.
#include "kernels/moe/grouped_launch.cuh"
#include "kernels/moe/lora.h"

namespace hone::kernels {

void grouped_lora_fused(Cuda device, const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op,
                        const Tensor& first, const Tensor& second, double scale,
                        const ExpertOrder& order, const Tensor& y, RowsBy y_by, const Tensor& rank,
                        const Tensor& scratch) {
  grouped_gemm(device, x, x_by, first, op, 1, 0, order, rank, RowsBy::expert, scratch);
  visit_float(x.dtype(), [&]<class T>() {
    GroupedProduct<T> g = {};
    g.low_rank = factors_of<T>(rank, RowsBy::expert, second, op, order);
    g.base = factors_of<T>(x, x_by, w, op, order);
    g.out = y.dim(1);
    g.low_rank_scale = static_cast<acc_t<T>>(scale);
    g.alpha = 1;
    g.y = y.data<T>();
    g.y_rows = GroupedRows(y, y_by, order);
    launch_product(device, g, order, {x, w, y, rank, second});
  });
}

}  // namespace hone::kernels
