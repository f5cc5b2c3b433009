// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/grouped_gram.h"
#include "kernels/moe/panels.h"

namespace hone::kernels {

template <Isa I>
void grouped_gram(Cpu<I>, const Tensor& u, RowsBy u_by, const Tensor& v, RowsBy v_by, double alpha,
                  const ExpertOrder& order, const GradTarget& g, const Tensor& scratch) {
  visit_float(u.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t E = g.tensor.dim(0), M = u.dim(1), N = v.dim(1);
    const int64_t tile_rows = ceil_div(M, kGramRows), tile_columns = ceil_div(N, kGramColumns);
    const RowIndex u_row(u, u_by, order), v_row(v, v_by, order);
    const int32_t* offsets = order.offsets.data<int32_t>();
    const auto one_tile = [&](int64_t task, int64_t, int worker) {
      const int64_t e = task / (tile_rows * tile_columns);
      const int64_t i = task / tile_columns % tile_rows * kGramRows;
      const int64_t j = task % tile_columns * kGramColumns;
      const int64_t rows = std::min(kGramRows, M - i), columns = std::min(kGramColumns, N - j);
      A* first = g.tensor.data<A>() + stack_offset(e, M, N) + i * N + j;
      A keep = g.accumulate ? A(1) : A(0);
      if (!g.accumulate && offsets[e] == offsets[e + 1])
        for (int64_t r = 0; r < rows; ++r) std::fill(first + r * N, first + r * N + columns, A(0));
      Scratch<A> buffer(worker_part<A>(scratch, worker));
      const GramMemory<A> memory(buffer, M, N, sizeof(T));
      for (int64_t p = offsets[e]; p < offsets[e + 1]; p += kChain, keep = A(1)) {
        const RowBlock block{e, p, std::min<int64_t>(p + kChain, offsets[e + 1])};
        gemm_serial(Cpu<kIsa>{}, block_rows<T>(u, u_row, block, i, rows, memory.u), Transpose::yes,
                    block_rows<T>(v, v_row, block, j, columns, memory.v), Transpose::no,
                    static_cast<A>(alpha), keep, MatrixRef<A>{first, rows, columns, N},
                    memory.product);
      }
    };
    parallel_for(E * tile_rows * tile_columns, 1, one_tile, scratch.dim(0));
  });
}

template void grouped_gram(Cpu<kIsa>, const Tensor&, RowsBy, const Tensor&, RowsBy, double,
                           const ExpertOrder&, const GradTarget&, const Tensor&);

}  // namespace hone::kernels
