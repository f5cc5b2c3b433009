// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/grouped_gemm.h"
#include "kernels/moe/panels.h"

namespace hone::kernels {

template <Isa I>
void grouped_gemm(Cpu<I>, const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op, double alpha,
                  double beta, const ExpertOrder& order, const Tensor& y, RowsBy y_by) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t in = x.dim(1), out = y.dim(1);
    const int64_t widest = std::min(out, kColumnBlock);
    const int64_t column_blocks = (out + kColumnBlock - 1) / kColumnBlock;
    const RowIndex x_row(x, x_by, order), y_row(y, y_by, order);
    const std::vector<RowBlock> blocks = row_blocks(order.offsets);
    const Tensor scratch = Tensor::empty(
        {num_threads(), kRowBlock * (in + widest) + weight_panel<T>(in, widest)}, dtype_of<A>);
    const int64_t tasks = static_cast<int64_t>(blocks.size()) * column_blocks;
    parallel_for(tasks, 1, [&](int64_t task, int64_t, int worker) {
      const RowBlock& block = blocks[static_cast<size_t>(task / column_blocks)];
      const int64_t column = task % column_blocks * kColumnBlock;
      const int64_t columns = std::min(kColumnBlock, out - column);
      A* x_panel = scratch.data<A>() + worker * scratch.dim(1);
      A* y_panel = x_panel + kRowBlock * in;
      A* w_panel = y_panel + kRowBlock * widest;
      const MatrixRef<A> sums{y_panel, block.rows(), columns, columns};
      gemm_serial(Cpu<kIsa>{}, load_rows<T>(x, x_row, block, 0, in, x_panel), Transpose::no,
                  load_weight<T>(w, block.expert, op, column, columns, w_panel), op,
                  static_cast<A>(alpha), A(0), sums);
      store_rows<T>(sums, y_row, block, column, static_cast<A>(beta), y);
    });
  });
}

template void grouped_gemm(Cpu<kIsa>, const Tensor&, RowsBy, const Tensor&, Transpose, double,
                           double, const ExpertOrder&, const Tensor&, RowsBy);

}  // namespace hone::kernels
