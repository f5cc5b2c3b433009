// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/lora.h"
#include "kernels/moe/panels.h"

namespace hone::kernels {
namespace {

// The operands of a call.
template <class T>
struct LoraProduct {
  using A = acc_t<T>;
  const Tensor &x, &w, &first, &second, &y, &rank;
  Transpose op;
  A scale;
  RowIndex x_row, y_row, rank_row;

  // One block of rows through both products.
  void multiply(const RowBlock& block, const GroupedGemmMemory<A>& memory) const {
    const int64_t out = y.dim(1), R = rank.dim(1);
    const auto times = [&](MatrixRef<const T> rows, const Tensor& stack, int64_t column, A alpha,
                           A beta, MatrixRef<A> sums) {
      gemm_serial(Cpu<kIsa>{}, rows, Transpose::no,
                  weight_part<T>(stack, block.part, op, column, sums.columns), op, alpha, beta,
                  sums, memory.product);
    };
    const auto rows = whole_rows<T>(x, x_row, block, memory.x);
    const MatrixRef<A> rank_sums = sums_for<T>(rank_row, block, 0, R, A(0), rank, memory.rank_sums);
    times(rows, first, 0, A(1), A(0), rank_sums);
    store_rows<T>(rank_sums, rank_row, block, 0, A(0), rank);
    // The second product uses what was stored.
    const auto ranks = whole_rows<T>(rank, rank_row, block, memory.rank_rows);
    for (int64_t column = 0; column < out; column += kColumnBlock) {
      const int64_t columns = std::min(kColumnBlock, out - column);
      const MatrixRef<A> sums = sums_for<T>(y_row, block, column, columns, A(0), y, memory.sums);
      times(rows, w, column, A(1), A(0), sums);
      times(ranks, second, column, scale, A(1), sums);
      store_rows<T>(sums, y_row, block, column, A(0), y);
    }
  }
};

}  // namespace

template <Isa I>
void grouped_lora_fused(Cpu<I>, const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op,
                        const Tensor& first, const Tensor& second, double scale,
                        const ExpertOrder& order, const Tensor& y, RowsBy y_by, const Tensor& rank,
                        const Tensor& scratch) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const LoraProduct<T> product{x,
                                 w,
                                 first,
                                 second,
                                 y,
                                 rank,
                                 op,
                                 static_cast<A>(scale),
                                 RowIndex(x, x_by, order),
                                 RowIndex(y, y_by, order),
                                 RowIndex(rank, RowsBy::expert, order)};
    const RowBlocks blocks(order.offsets, kRowBlock);
    const auto one_block = [&](int64_t number, int64_t, int worker) {
      const RowBlock block = blocks[number];
      if (block.rows() == 0) return;
      Scratch<A> buffer(worker_part<A>(scratch, worker));
      product.multiply(block, GroupedGemmMemory<A>(buffer, order, x_by, x.dim(1), y.dim(1),
                                                   rank.dim(1), sizeof(T)));
    };
    parallel_for(expert_blocks(order), 1, one_block, scratch.dim(0));
  });
}

template void grouped_lora_fused(Cpu<kIsa>, const Tensor&, RowsBy, const Tensor&, Transpose,
                                 const Tensor&, const Tensor&, double, const ExpertOrder&,
                                 const Tensor&, RowsBy, const Tensor&, const Tensor&);

}  // namespace hone::kernels
