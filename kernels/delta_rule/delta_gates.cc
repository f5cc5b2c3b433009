// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/delta_rule/delta_gates.h"

#include "kernels/core/scratch.h"
#include "kernels/elementwise/elementwise.h"

namespace hone::kernels {
namespace {

void check_operands(const Tensor& a, const Tensor& b, const Tensor& a_log, const Tensor& dt_bias) {
  check(a.rank() == 2 && b.shape() == a.shape() && b.dtype() == a.dtype(), "delta_gates: a ",
        a.shape(), " ", name_of(a.dtype()), " and b ", b.shape(), " ", name_of(b.dtype()),
        " must be alike, [N, H]");
  check(a.is_contiguous() && b.is_contiguous(), "delta_gates: a and b must be contiguous");
  for (const Tensor* p : {&a_log, &dt_bias})
    check(p->shape() == Shape{a.dim(1)}, "delta_gates: parameter ", p->shape(), " does not fit a ",
          a.shape());
}

// dy must be undefined or like the output it belongs to.
void check_gradient(const Tensor& dy, const Tensor& a, const char* name) {
  if (!dy.defined()) return;
  check(dy.shape() == a.shape() && dy.dtype() == accumulator_dtype(a.dtype()) && dy.is_contiguous(),
        "delta_gates: ", name, " ", dy.shape(), " ", name_of(dy.dtype()), " does not fit a ",
        a.shape(), " ", name_of(a.dtype()));
}

}  // namespace

DeltaGates delta_gates_forward(const Tensor& a, const Tensor& b, const Tensor& a_log,
                               const Tensor& dt_bias) {
  check_operands(a, b, a_log, dt_bias);
  const DType wide = accumulator_dtype(a.dtype());
  const DeltaGates out{Tensor::empty(a.shape(), wide, a.device()),
                       Tensor::empty(a.shape(), wide, a.device())};
  const Tensor rate = cast(a_log, wide), bias = cast(dt_bias, wide);
  visit_device(a.device(),
               [&](auto device) { delta_gates_forward(device, a, b, rate, bias, out); });
  return out;
}

DeltaGatesGrads delta_gates_backward(const Tensor& dg, const Tensor& dbeta, const Tensor& a,
                                     const Tensor& b, const Tensor& a_log, const Tensor& dt_bias,
                                     const GradTarget& da_log, const GradTarget& ddt_bias) {
  check_operands(a, b, a_log, dt_bias);
  check_gradient(dg, a, "dg");
  check_gradient(dbeta, a, "dbeta");
  check(dg.defined() || (!da_log.wanted() && !ddt_bias.wanted()),
        "delta_gates: parameter gradients need dg");
  const DType wide = accumulator_dtype(a.dtype());
  const DeltaGatesGrads out{dg.defined() ? Tensor::empty_like(a) : Tensor(),
                            dbeta.defined() ? Tensor::empty_like(b) : Tensor()};
  const Tensor rate = cast(a_log, wide), bias = cast(dt_bias, wide);
  Tensor partial;
  if (da_log.wanted() || ddt_bias.wanted()) {
    const int64_t blocks = (a.dim(0) + kDeltaGatesRowBlock - 1) / kDeltaGatesRowBlock;
    partial = scratch_tensor({blocks, 2, a.dim(1)}, wide, a.device());
  }
  visit_device(a.device(), [&](auto device) {
    delta_gates_backward(device, dg, dbeta, a, b, rate, bias, out, da_log, ddt_bias, partial);
  });
  return out;
}

Cost delta_gates_forward_cost(int64_t n, int64_t h, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(h);
  return {2 * elements * (size_of(t) + size_of(accumulator_dtype(t))), 10 * elements};
}

Cost delta_gates_backward_cost(int64_t n, int64_t h, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(h);
  return {elements * (4 * size_of(t) + 2 * size_of(accumulator_dtype(t))), 20 * elements};
}

}  // namespace hone::kernels
