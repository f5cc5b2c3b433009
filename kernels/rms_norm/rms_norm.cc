// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/rms_norm/rms_norm.h"

#include "kernels/core/ceil_div.h"
#include "kernels/core/scratch.h"

namespace hone::kernels {
namespace {

int64_t rows_of(const Tensor& x) { return x.dim(-1) == 0 ? 0 : x.numel() / x.dim(-1); }

void check_like(const Tensor& x, const Tensor& t, const char* name) {
  check(t.shape() == x.shape() && t.dtype() == x.dtype() && t.is_contiguous(), "rms_norm: ", name,
        " ", t.shape(), " ", name_of(t.dtype()), " must be contiguous and like x ", x.shape(), " ",
        name_of(x.dtype()));
}

void check_weight(const Tensor& x, const Tensor& w) {
  check(x.rank() >= 1 && w.shape() == Shape{x.dim(-1)}, "rms_norm: weight ", w.shape(),
        " does not fit x ", x.shape());
  check(w.dtype() == x.dtype(), "rms_norm: weight is ", name_of(w.dtype()), ", x is ",
        name_of(x.dtype()));
}

}  // namespace

RmsNormOutput rms_norm_forward(const Tensor& x, const Tensor& residual, const Tensor& w, double eps,
                               NormWeight kind) {
  check_weight(x, w);
  check_like(x, x, "x");
  RmsNormOutput out;
  out.y = Tensor::empty_like(x);
  out.rstd = Tensor::empty({rows_of(x)}, accumulator_dtype(x.dtype()), x.device());
  if (residual.defined()) {
    check_like(x, residual, "residual");
    out.h = Tensor::empty_like(x);
  }
  visit_device(x.device(),
               [&](auto device) { rms_norm_forward(device, x, residual, w, eps, kind, out); });
  return out;
}

Tensor rms_norm_backward(const Tensor& dy, const Tensor& dh_out, const Tensor& h, const Tensor& w,
                         const Tensor& rstd, NormWeight kind, const GradTarget& dw) {
  check_weight(h, w);
  check_like(h, dy, "dy");
  if (dh_out.defined()) check_like(h, dh_out, "dh_out");
  const Tensor dx = Tensor::empty_like(h);
  Tensor partial;
  if (dw.wanted()) {
    const int64_t blocks = ceil_div(rows_of(h), rms_norm_row_block(rows_of(h), h.device()));
    partial = scratch_tensor({blocks, h.dim(-1)}, accumulator_dtype(h.dtype()), h.device());
  }
  visit_device(h.device(), [&](auto device) {
    rms_norm_backward(device, dy, dh_out, h, w, rstd, kind, dx, dw, partial);
  });
  return dx;
}

Cost rms_norm_forward_cost(int64_t n, int64_t c, DType t, bool residual) {
  const double elements = static_cast<double>(n) * static_cast<double>(c);
  const double streams = residual ? 4 : 2;  // x (+ residual) in, y (+ h) out
  return {streams * elements * size_of(t) + 4.0 * n, (residual ? 5 : 4) * elements};
}

Cost rms_norm_backward_cost(int64_t n, int64_t c, DType t, bool dw) {
  const double elements = static_cast<double>(n) * static_cast<double>(c);
  return {3 * elements * size_of(t) + 4.0 * n + (dw ? 4.0 * c : 0), (dw ? 9 : 7) * elements};
}

}  // namespace hone::kernels
