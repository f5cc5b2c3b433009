// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/multiply_4bit_experts.h"

#include "kernels/core/scratch.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/multiply.h"

namespace hone::kernels {

Tensor multiply_4bit_experts(const Tensor& x, RowsBy x_by, const QuantizedTensor& stack,
                             const ExpertOrder& order) {
  constexpr const char* kOp = "multiply_4bit_experts";
  check_quantized(stack);
  check_rows(kOp, "x", x, x_by, order);
  const Shape& s = stack.shape;
  check(s.rank() == 3 && s[0] == order.offsets.numel() - 1 && s[2] == x.dim(1) &&
            x.device() == stack.device(),
        kOp, ": a stack ", s, " does not fit x ", x.shape(), " and ", order.offsets.numel() - 1,
        " experts");
  const Tensor y = Tensor::empty({order.order.numel(), s[1]}, x.dtype(), x.device());
  const Tensor scratch = worker_scratch(s[0] * s[1], s[2], x.dtype(), x.device());
  visit_device(x.device(), [&](auto device) {
    multiply_4bit_experts(device, x, x_by, stack, order, y, scratch);
  });
  return y;
}

Cost multiply_4bit_experts_cost(int64_t assignments, int64_t out, int64_t in, DType t,
                                bool nested) {
  const Cost one = multiply_4bit_cost(1, out, in, t, nested);
  const double rows = static_cast<double>(assignments);
  return {rows * one.bytes, rows * one.flops};
}

}  // namespace hone::kernels
