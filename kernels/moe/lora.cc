// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/lora.h"

#include "kernels/moe/panels.h"

namespace hone::kernels {

void grouped_lora(const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op, const Tensor& first,
                  const Tensor& second, double scale, const ExpertOrder& order, const Tensor& y,
                  RowsBy y_by, const Tensor& rank, LoraForm form) {
  check_rows("grouped_lora", "x", x, x_by, order);
  check_rows("grouped_lora", "y", y, y_by, order);
  check_rows("grouped_lora", "rank", rank, RowsBy::expert, order);
  check(y_by != RowsBy::token, "grouped_lora: the result cannot have one row per token");
  check(y.dtype() == x.dtype() && rank.dtype() == x.dtype(), "grouped_lora: x is ",
        name_of(x.dtype()), ", y ", name_of(y.dtype()), ", rank ", name_of(rank.dtype()));
  check_stack("grouped_lora", "w", w, op, x.dim(1), y.dim(1), x.dtype(), order);
  check_stack("grouped_lora", "first", first, op, x.dim(1), rank.dim(1), x.dtype(), order);
  check_stack("grouped_lora", "second", second, op, rank.dim(1), y.dim(1), x.dtype(), order);
  if (form == LoraForm::split) {
    grouped_gemm(x, x_by, w, op, 1, 0, order, y, y_by);
    grouped_gemm(x, x_by, first, op, 1, 0, order, rank, RowsBy::expert);
    grouped_gemm(rank, RowsBy::expert, second, op, scale, 1, order, y, y_by);
    return;
  }
  const Tensor scratch =
      grouped_gemm_scratch(expert_blocks(order), order, x, x_by, y.dim(1), rank.dim(1));
  visit_device(x.device(), [&](auto device) {
    grouped_lora_fused(device, x, x_by, w, op, first, second, scale, order, y, y_by, rank, scratch);
  });
}

Cost grouped_lora_cost(int64_t assignments, int64_t experts, int64_t out, int64_t in, int64_t rank,
                       DType t) {
  const Cost base = grouped_gemm_cost(assignments, experts, out, in, t);
  const double adapters = static_cast<double>(experts * rank) * static_cast<double>(in + out);
  const double rows = static_cast<double>(assignments) * static_cast<double>(rank);
  return {base.bytes + (adapters + rows) * static_cast<double>(size_of(t)),
          base.flops + 2 * rows * static_cast<double>(in + out)};
}

}  // namespace hone::kernels
