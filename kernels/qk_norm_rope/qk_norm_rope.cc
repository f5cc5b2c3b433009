// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/qk_norm_rope/qk_norm_rope.h"

#include "kernels/core/ceil_div.h"
#include "kernels/core/scratch.h"

namespace hone::kernels {
namespace {

void check_heads(const Tensor& x, const char* name) {
  check(x.rank() == 3 && (x.dim(2) <= 1 || x.stride(2) == 1), "qk_norm_rope: ", name, " ",
        x.shape(), " must be [N, H, D] with contiguous heads");
}

void check_rotary(const Tensor& x, const RotaryTable& rotary) {
  const Tensor &cos = rotary.cos, &sin = rotary.sin;
  check(cos.rank() == 2 && cos.shape() == sin.shape() && cos.is_contiguous() &&
            sin.is_contiguous() && cos.dim(0) == x.dim(0) && 2 * cos.dim(1) <= x.dim(2),
        "qk_norm_rope: rotary table ", cos.shape(), " does not fit ", x.shape());
  check(cos.dtype() == accumulator_dtype(x.dtype()) && sin.dtype() == cos.dtype(),
        "qk_norm_rope: rotary table is ", name_of(cos.dtype()), " for ", name_of(x.dtype()));
}

void check_weight(const Tensor& x, const Tensor& w) {
  if (!w.defined()) return;
  check(w.shape() == Shape{x.dim(2)} && w.dtype() == x.dtype(), "qk_norm_rope: weight ", w.shape(),
        " ", name_of(w.dtype()), " does not fit ", x.shape(), " ", name_of(x.dtype()));
}

Cost cost(int64_t n, int64_t h, int64_t d, int64_t rotary_dim, DType t, double streams,
          double norm_flops) {
  const double heads = static_cast<double>(n) * static_cast<double>(h);
  const auto sums = static_cast<double>(size_of(accumulator_dtype(t)));
  return {streams * heads * static_cast<double>(d * size_of(t)) + heads * sums +
              static_cast<double>(n * rotary_dim) * sums,
          heads * (norm_flops * static_cast<double>(d) + 3.0 * static_cast<double>(rotary_dim))};
}

}  // namespace

QkNormRopeOutput qk_norm_rope_forward(const Tensor& x, const Tensor& w, double eps, NormWeight kind,
                                      const RotaryTable& rotary) {
  check_heads(x, "x");
  check_rotary(x, rotary);
  check_weight(x, w);
  QkNormRopeOutput out;
  out.y = Tensor::empty_like(x);
  if (w.defined())
    out.rstd = Tensor::empty({x.dim(0), x.dim(1)}, accumulator_dtype(x.dtype()), x.device());
  visit_device(x.device(),
               [&](auto device) { qk_norm_rope_forward(device, x, w, eps, kind, rotary, out); });
  return out;
}

void qk_norm_rope_backward(const Tensor& dy, const Tensor& x, const Tensor& w, const Tensor& rstd,
                           NormWeight kind, const RotaryTable& rotary, const Tensor& dx,
                           const GradTarget& dw) {
  check_heads(dx, "dx");
  check_rotary(dx, rotary);
  check_weight(dx, w);
  check(dy.shape() == dx.shape() && dy.dtype() == dx.dtype() && dy.is_contiguous(),
        "qk_norm_rope: gradient ", dy.shape(), " must be contiguous and like dx ", dx.shape());
  Tensor partial;
  if (w.defined()) {
    check_heads(x, "x");
    check(x.shape() == dx.shape() && x.dtype() == dx.dtype(), "qk_norm_rope: x ", x.shape(),
          " is not like dx ", dx.shape());
    if (dw.wanted()) {
      const int64_t blocks = ceil_div(dx.dim(0), rms_norm_row_block(dx.dim(0), dx.device()));
      partial = scratch_tensor({blocks, dx.dim(2)}, accumulator_dtype(dx.dtype()), dx.device());
    }
  }
  visit_device(dx.device(), [&](auto device) {
    qk_norm_rope_backward(device, dy, x, w, rstd, kind, rotary, dx, dw, partial);
  });
}

Cost qk_norm_rope_forward_cost(int64_t n, int64_t h, int64_t d, int64_t rotary_dim, DType t) {
  return cost(n, h, d, rotary_dim, t, 2, 4);
}
Cost qk_norm_rope_backward_cost(int64_t n, int64_t h, int64_t d, int64_t rotary_dim, DType t) {
  return cost(n, h, d, rotary_dim, t, 3, 9);
}

}  // namespace hone::kernels
