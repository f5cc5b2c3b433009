// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/grouped_gram.h"
#include "kernels/moe/panels.h"

namespace hone::kernels {
namespace {

constexpr int64_t kTileRows = 128;
constexpr int64_t kTileColumns = 256;

}  // namespace

template <Isa I>
void grouped_gram(Cpu<I>, const Tensor& u, RowsBy u_by, const Tensor& v, RowsBy v_by, double alpha,
                  const ExpertOrder& order, const GradTarget& g) {
  visit_float(u.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t E = g.tensor.dim(0), M = u.dim(1), N = v.dim(1);
    const int64_t tile_rows = (M + kTileRows - 1) / kTileRows;
    const int64_t tile_columns = (N + kTileColumns - 1) / kTileColumns;
    const RowIndex u_row(u, u_by, order), v_row(v, v_by, order);
    const int32_t* offsets = order.offsets.data<int32_t>();
    const int64_t u_panel = kRowBlock * std::min(M, kTileRows);
    const int64_t v_panel = kRowBlock * std::min(N, kTileColumns);
    const Tensor scratch = Tensor::empty({num_threads(), u_panel + v_panel}, dtype_of<A>);
    parallel_for(E * tile_rows * tile_columns, 1, [&](int64_t task, int64_t, int worker) {
      const int64_t e = task / (tile_rows * tile_columns);
      const int64_t i = task / tile_columns % tile_rows * kTileRows;
      const int64_t j = task % tile_columns * kTileColumns;
      const int64_t rows = std::min(kTileRows, M - i), columns = std::min(kTileColumns, N - j);
      A* first = g.tensor.data<A>() + stack_offset(e, M, N) + i * N + j;
      if (!g.accumulate)
        for (int64_t r = 0; r < rows; ++r) std::fill(first + r * N, first + r * N + columns, A(0));
      A* panels = scratch.data<A>() + worker * scratch.dim(1);
      for (int64_t p = offsets[e]; p < offsets[e + 1]; p += kRowBlock) {
        const RowBlock block{e, p, std::min<int64_t>(p + kRowBlock, offsets[e + 1])};
        gemm_serial(Cpu<kIsa>{}, load_rows<T>(u, u_row, block, i, rows, panels), Transpose::yes,
                    load_rows<T>(v, v_row, block, j, columns, panels + u_panel), Transpose::no,
                    static_cast<A>(alpha), A(1), MatrixRef<A>{first, rows, columns, N});
      }
    });
  });
}

template void grouped_gram(Cpu<kIsa>, const Tensor&, RowsBy, const Tensor&, RowsBy, double,
                           const ExpertOrder&, const GradTarget&);

}  // namespace hone::kernels
