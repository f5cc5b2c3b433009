// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/lora.h"
#include "kernels/moe/panels.h"

namespace hone::kernels {
namespace {

// Rounds the panel to T: the second product uses what was stored.
template <class T>
void round_to(MatrixRef<acc_t<T>> panel) {
  if constexpr (!std::is_same_v<T, acc_t<T>>)
    for (int64_t i = 0; i < panel.rows * panel.columns; ++i)
      panel.data[i] = acc_t<T>(T(panel.data[i]));
}

}  // namespace

template <Isa I>
void grouped_lora_fused(Cpu<I>, const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op,
                        const Tensor& first, const Tensor& second, double scale,
                        const ExpertOrder& order, const Tensor& y, RowsBy y_by,
                        const Tensor& rank) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t in = x.dim(1), out = y.dim(1), R = rank.dim(1);
    const int64_t widest = std::min(out, kColumnBlock);
    const RowIndex x_row(x, x_by, order), y_row(y, y_by, order);
    const RowIndex rank_row(rank, RowsBy::expert, order);
    const std::vector<RowBlock> blocks = row_blocks(order.offsets);
    const int64_t w_panel_size =
        std::max(weight_panel<T>(std::max(in, R), widest), weight_panel<T>(in, R));
    const Tensor scratch =
        Tensor::empty({num_threads(), kRowBlock * (in + R + widest) + w_panel_size}, dtype_of<A>);
    parallel_for(static_cast<int64_t>(blocks.size()), 1, [&](int64_t b, int64_t, int worker) {
      const RowBlock& block = blocks[static_cast<size_t>(b)];
      A* x_panel = scratch.data<A>() + worker * scratch.dim(1);
      A* rank_panel = x_panel + kRowBlock * in;
      A* y_panel = rank_panel + kRowBlock * R;
      A* w_panel = y_panel + kRowBlock * widest;
      const auto times = [&](MatrixRef<const A> rows, const Tensor& stack, int64_t column, A alpha,
                             A beta, MatrixRef<A> sums) {
        gemm_serial(Cpu<kIsa>{}, rows, Transpose::no,
                    load_weight<T>(stack, block.expert, op, column, sums.columns, w_panel), op,
                    alpha, beta, sums);
      };
      const auto rows = load_rows<T>(x, x_row, block, 0, in, x_panel);
      const MatrixRef<A> ranks{rank_panel, block.rows(), R, R};
      times(rows, first, 0, A(1), A(0), ranks);
      round_to<T>(ranks);
      store_rows<T>(ranks, rank_row, block, 0, A(0), rank);
      for (int64_t column = 0; column < out; column += kColumnBlock) {
        const int64_t columns = std::min(kColumnBlock, out - column);
        const MatrixRef<A> sums{y_panel, block.rows(), columns, columns};
        times(rows, w, column, A(1), A(0), sums);
        times({ranks.data, ranks.rows, R, R}, second, column, static_cast<A>(scale), A(1), sums);
        store_rows<T>(sums, y_row, block, column, A(0), y);
      }
    });
  });
}

template void grouped_lora_fused(Cpu<kIsa>, const Tensor&, RowsBy, const Tensor&, Transpose,
                                 const Tensor&, const Tensor&, double, const ExpertOrder&,
                                 const Tensor&, RowsBy, const Tensor&);

}  // namespace hone::kernels
