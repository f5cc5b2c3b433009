// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/layer_norm/layer_norm.h"

#include "kernels/core/ceil_div.h"
#include "kernels/core/scratch.h"

namespace hone::kernels {
namespace {

int64_t rows_of(const Tensor& x) { return x.dim(-1) == 0 ? 0 : x.numel() / x.dim(-1); }

void check_like(const Tensor& x, const Tensor& t, const char* name) {
  check(t.shape() == x.shape() && t.dtype() == x.dtype() && t.is_contiguous(), "layer_norm: ", name,
        " ", t.shape(), " ", name_of(t.dtype()), " must be contiguous and like x ", x.shape(), " ",
        name_of(x.dtype()));
}

void check_vector(const Tensor& x, const Tensor& v, const char* name) {
  check(x.rank() >= 1 && v.shape() == Shape{x.dim(-1)} && v.dtype() == x.dtype(),
        "layer_norm: ", name, " ", v.shape(), " ", name_of(v.dtype()), " does not fit x ",
        x.shape(), " ", name_of(x.dtype()));
}

}  // namespace

LayerNormOutput layer_norm_forward(const Tensor& x, const Tensor& residual, const Tensor& w,
                                   const Tensor& b, double eps, NormWeight kind) {
  check_vector(x, w, "weight");
  check_vector(x, b, "bias");
  check_like(x, x, "x");
  LayerNormOutput out;
  out.y = Tensor::empty_like(x);
  out.stats = Tensor::empty({2, rows_of(x)}, accumulator_dtype(x.dtype()), x.device());
  if (residual.defined()) {
    check_like(x, residual, "residual");
    out.h = Tensor::empty_like(x);
  }
  visit_device(x.device(),
               [&](auto device) { layer_norm_forward(device, x, residual, w, b, eps, kind, out); });
  return out;
}

Tensor layer_norm_backward(const Tensor& dy, const Tensor& dh_out, const Tensor& h, const Tensor& w,
                           const Tensor& stats, NormWeight kind, const LayerNormTargets& targets) {
  check_vector(h, w, "weight");
  check_like(h, dy, "dy");
  if (dh_out.defined()) check_like(h, dh_out, "dh_out");
  const Tensor dx = Tensor::empty_like(h);
  Tensor partial;
  if (targets.wanted()) {
    const int64_t blocks = ceil_div(rows_of(h), layer_norm_row_block(rows_of(h), h.device()));
    partial = scratch_tensor({2, blocks, h.dim(-1)}, accumulator_dtype(h.dtype()), h.device());
  }
  visit_device(h.device(), [&](auto device) {
    layer_norm_backward(device, dy, dh_out, h, w, stats, kind, dx, targets, partial);
  });
  return dx;
}

Cost layer_norm_forward_cost(int64_t n, int64_t c, DType t, bool residual) {
  const double elements = static_cast<double>(n) * static_cast<double>(c);
  const double streams = residual ? 4 : 2;  // x (+ residual) in, y (+ h) out
  return {streams * elements * size_of(t) + 8.0 * static_cast<double>(n),
          (residual ? 8 : 7) * elements};
}

Cost layer_norm_backward_cost(int64_t n, int64_t c, DType t, bool dw) {
  const double elements = static_cast<double>(n) * static_cast<double>(c);
  return {3 * elements * size_of(t) + 8.0 * static_cast<double>(n) +
              (dw ? 8.0 * static_cast<double>(c) : 0),
          (dw ? 13 : 10) * elements};
}

}  // namespace hone::kernels
