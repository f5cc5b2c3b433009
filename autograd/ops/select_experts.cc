// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/select_experts.h"

#include "autograd/tape.h"
#include "kernels/elementwise/elementwise.h"

namespace hone {

Var select_experts(const Var& stack, const kernels::ActiveExperts& active) {
  return record({stack}, kernels::gather_experts(stack.value(), active),
                [active, shape = stack.shape(), g = stack.grad()](const Tensor& dy) {
                  const DType sums = kernels::accumulator_dtype(dy.dtype());
                  kernels::scatter_experts(dy.dtype() == sums ? dy : kernels::cast(dy, sums),
                                           active, g->target(shape, sums, dy.device()));
                });
}

ExpertLora select_experts(const ExpertLora& lora, const kernels::ActiveExperts& active) {
  return {select_experts(lora.a, active), select_experts(lora.b, active), lora.scale};
}

Weight select_experts(const Weight& stack, const kernels::ActiveExperts& active, DType dtype) {
  if (!stack.quantized()) return Weight(select_experts(stack.dense(), active));
  if (stack.fp8()) return Weight(Var(kernels::gather_experts(*stack.fp8(), active, dtype)));
  const Shape& s = stack.shape();
  return Weight(
      Var(kernels::gather_experts(*stack.packed(), Shape(s.begin() + 1, s.end()), active, dtype)));
}

kernels::ExpertOrder compact_order(const kernels::ExpertOrder& order,
                                   const kernels::ActiveExperts& active) {
  return {order.order, order.inverse, kernels::compact_offsets(order.offsets, active)};
}

}  // namespace hone
