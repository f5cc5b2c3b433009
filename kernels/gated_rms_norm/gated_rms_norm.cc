// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gated_rms_norm/gated_rms_norm.h"

#include "kernels/core/scratch.h"

namespace hone::kernels {
namespace {

void check_operands(const Tensor& x, const Tensor& z, const Tensor& w) {
  check(x.rank() == 3 && w.shape() == Shape{x.dim(-1)}, "gated_rms_norm: weight ", w.shape(),
        " does not fit x ", x.shape(), " = [N, H, D]");
  check(z.rank() >= 1 && z.dim(0) == x.dim(0) && z.numel() == x.numel(), "gated_rms_norm: gate ",
        z.shape(), " does not fit x ", x.shape());
  check(z.dtype() == x.dtype() && w.dtype() == x.dtype(), "gated_rms_norm: x is ",
        name_of(x.dtype()), ", the gate ", name_of(z.dtype()), ", the weight ", name_of(w.dtype()));
  check(x.is_contiguous() && z.is_contiguous() && w.is_contiguous(),
        "gated_rms_norm: operands must be contiguous");
}

}  // namespace

GatedRmsNormOutput gated_rms_norm_forward(const Tensor& x, const Tensor& z, const Tensor& w,
                                          double eps) {
  check_operands(x, z, w);
  GatedRmsNormOutput out;
  out.y = Tensor::empty({x.dim(0), x.dim(1) * x.dim(2)}, x.dtype(), x.device());
  out.rstd = Tensor::empty({x.dim(0), x.dim(1)}, accumulator_dtype(x.dtype()), x.device());
  visit_device(x.device(), [&](auto device) { gated_rms_norm_forward(device, x, z, w, eps, out); });
  return out;
}

GatedRmsNormGrads gated_rms_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& z,
                                          const Tensor& w, const Tensor& rstd,
                                          const GradTarget& dw) {
  check_operands(x, z, w);
  check(dy.shape() == Shape{x.dim(0), x.dim(1) * x.dim(2)} && dy.dtype() == x.dtype() &&
            dy.is_contiguous(),
        "gated_rms_norm: dy ", dy.shape(), " ", name_of(dy.dtype()), " does not fit x ", x.shape(),
        " ", name_of(x.dtype()));
  const GatedRmsNormGrads out{Tensor::empty_like(x), Tensor::empty_like(z)};
  Tensor partial;
  if (dw.wanted()) {
    const int64_t blocks = (rstd.numel() + kGatedRmsNormRowBlock - 1) / kGatedRmsNormRowBlock;
    partial = scratch_tensor({blocks, x.dim(-1)}, accumulator_dtype(x.dtype()), x.device());
  }
  visit_device(x.device(), [&](auto device) {
    gated_rms_norm_backward(device, dy, x, z, w, rstd, out, dw, partial);
  });
  return out;
}

Cost gated_rms_norm_forward_cost(int64_t rows, int64_t d, DType t) {
  const double elements = static_cast<double>(rows) * static_cast<double>(d);
  return {3 * elements * size_of(t) + 4.0 * rows, 9 * elements};
}

Cost gated_rms_norm_backward_cost(int64_t rows, int64_t d, DType t, bool dw) {
  const double elements = static_cast<double>(rows) * static_cast<double>(d);
  return {5 * elements * size_of(t) + 4.0 * rows + (dw ? 4.0 * d : 0), (dw ? 22 : 20) * elements};
}

}  // namespace hone::kernels
