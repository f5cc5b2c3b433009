// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Chooses the kernel of a grouped product.
#pragma once

#include "kernels/moe/grouped_mma.cuh"
#include "kernels/moe/grouped_simt.cuh"

namespace hone::kernels {

template <class T>
GroupedFactors<T> factors_of(const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op,
                             const ExpertOrder& order) {
  return {x.data<T>(), w.data<T>(), GroupedRows(x, x_by, order), x.dim(1), op == Transpose::yes};
}

template <int kRows, bool kTransposed>
void launch_mma(Cuda device, GroupedProduct<bf16>& g, const ExpertOrder& order) {
  using namespace grouped_mma;
  g.blocks = expert_blocks(order, kRows);
  const dim3 grid(grid_size(ceil_div(g.out, kColumns)),
                  grid_size(g.blocks.capacity(order.order.numel())));
  launch(device, product_kernel<kRows, kTransposed>, grid, kThreads, kStages * kStageBytes<kRows>,
         g);
}

// Tensor cores take bf16 whose rows are whole 16-byte pieces. operands: all tensors of g.
template <class T>
void launch_product(Cuda device, GroupedProduct<T>& g, const ExpertOrder& order,
                    std::initializer_list<Tensor> operands) {
  if (order.order.numel() == 0) return;
  if constexpr (std::is_same_v<T, bf16>) {
    const bool aligned = g.base.in % 8 == 0 && g.out % 8 == 0 && g.low_rank.in % 8 == 0 &&
                         are_vectors(8, 8, operands);
    if (aligned) {
      // Few rows an expert: blocks of 64 leave fewer of them empty.
      const int64_t experts = order.offsets.numel() - 1;
      const bool few = order.order.numel() < 96 * experts;
      if (few && g.base.transposed) return launch_mma<64, true>(device, g, order);
      if (few) return launch_mma<64, false>(device, g, order);
      if (g.base.transposed) return launch_mma<128, true>(device, g, order);
      return launch_mma<128, false>(device, g, order);
    }
  }
  g.blocks = expert_blocks(order, grouped_simt::kTile);
  const dim3 grid(grid_size(ceil_div(g.out, grouped_simt::kTile)),
                  grid_size(g.blocks.capacity(order.order.numel())));
  launch(device, grouped_simt::product_kernel<T>, grid,
         dim3(grouped_simt::kSide, grouped_simt::kSide), 0, g);
}

}  // namespace hone::kernels
