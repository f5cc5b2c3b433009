// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/grouped_gemm.h"
#include "kernels/moe/panels.h"

namespace hone::kernels {

template <Isa I>
void grouped_gemm(Cpu<I>, const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op, double alpha,
                  double beta, const ExpertOrder& order, const Tensor& y, RowsBy y_by,
                  const Tensor& scratch) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t in = x.dim(1), out = y.dim(1);
    const int64_t per_task = columns_of_task(order, out), parts = ceil_div(out, per_task);
    const RowIndex x_row(x, x_by, order), y_row(y, y_by, order);
    const RowBlocks blocks(order.offsets, kRowBlock);
    const auto one_task = [&](int64_t task, int64_t, int worker) {
      const RowBlock block = blocks[task / parts];
      if (block.rows() == 0) return;
      Scratch<A> buffer(worker_part<A>(scratch, worker));
      const GroupedGemmMemory<A> memory(buffer, order, x_by, in, out, 0, sizeof(T));
      const MatrixRef<const T> rows = whole_rows<T>(x, x_row, block, memory.x);
      const int64_t begin = task % parts * per_task, end = std::min(begin + per_task, out);
      for (int64_t column = begin; column < end; column += kColumnBlock) {
        const int64_t columns = std::min(kColumnBlock, end - column);
        const MatrixRef<A> sums =
            sums_for<T>(y_row, block, column, columns, static_cast<A>(beta), y, memory.sums);
        gemm_serial(Cpu<kIsa>{}, rows, Transpose::no,
                    weight_part<T>(w, block.part, op, column, columns), op, static_cast<A>(alpha),
                    A(0), sums, memory.product);
        store_rows<T>(sums, y_row, block, column, static_cast<A>(beta), y);
      }
    };
    parallel_for(expert_blocks(order) * parts, 1, one_task, scratch.dim(0));
  });
}

template void grouped_gemm(Cpu<kIsa>, const Tensor&, RowsBy, const Tensor&, Transpose, double,
                           double, const ExpertOrder&, const Tensor&, RowsBy, const Tensor&);

}  // namespace hone::kernels
