// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv1d/conv1d.h"

#include "kernels/core/ceil_div.h"
#include "kernels/core/documents.h"
#include "kernels/core/scratch.h"

namespace hone::kernels {
namespace {

void check_operands(const Tensor& x, const Tensor& w, const Tensor& cu_seqlens) {
  const bool fits =
      x.rank() == 2 && (w.rank() == 2 || (w.rank() == 3 && w.dim(1) == 1)) && w.dim(0) == x.dim(1);
  check(fits, "conv1d_silu: weight ", w.shape(), " = [C, 1, W] does not fit x ", x.shape(),
        " = [N, C]");
  check(w.dim(-1) >= 1 && w.dim(-1) <= kConv1dMaxTaps, "conv1d_silu: ", w.dim(-1), " taps; 1 to ",
        kConv1dMaxTaps, " are supported");
  check(w.dtype() == x.dtype(), "conv1d_silu: weight is ", name_of(w.dtype()), ", x is ",
        name_of(x.dtype()));
  check(x.is_contiguous() && w.is_contiguous(), "conv1d_silu: operands must be contiguous");
  check_documents("conv1d_silu", cu_seqlens, x.dim(0));
}

Tensor tap_scratch(const Tensor& x, const Tensor& w) {
  if (is_gpu(x.device())) return Tensor();  // threads keep the weights in registers
  return scratch_tensor({w.dim(-1), w.dim(0)}, accumulator_dtype(x.dtype()), x.device());
}

}  // namespace

Tensor conv1d_silu_forward(const Tensor& x, const Tensor& w, const Tensor& cu_seqlens) {
  check_operands(x, w, cu_seqlens);
  Tensor y = Tensor::empty_like(x);
  const Tensor taps = tap_scratch(x, w);
  visit_device(x.device(),
               [&](auto device) { conv1d_silu_forward(device, x, w, cu_seqlens, y, taps); });
  return y;
}

Tensor conv1d_silu_backward(const Tensor& dy, const Tensor& x, const Tensor& w,
                            const Tensor& cu_seqlens, const GradTarget& dw) {
  check_operands(x, w, cu_seqlens);
  check(dy.shape() == x.shape() && dy.dtype() == x.dtype() && dy.is_contiguous(),
        "conv1d_silu: dy ", dy.shape(), " ", name_of(dy.dtype()), " must be contiguous and like x ",
        x.shape(), " ", name_of(x.dtype()));
  const DType sums = accumulator_dtype(x.dtype());
  Tensor dx = Tensor::empty_like(x);
  const Tensor taps = tap_scratch(x, w);
  Tensor dp;  // on a GPU it never leaves the registers
  if (!is_gpu(x.device())) dp = scratch_tensor(x.shape(), sums, x.device());
  Tensor partial;
  if (dw.wanted()) {
    const int64_t rows = conv1d_row_block(x.dim(0), x.dim(1), x.device());
    partial = scratch_tensor({ceil_div(x.dim(0), rows), w.dim(-1), x.dim(1)}, sums, x.device());
  }
  visit_device(x.device(), [&](auto device) {
    conv1d_silu_backward(device, dy, x, w, cu_seqlens, dx, dw, taps, dp, partial);
  });
  return dx;
}

Cost conv1d_silu_forward_cost(int64_t n, int64_t c, int64_t w, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(c);
  return {(2 * elements + static_cast<double>(c * w)) * size_of(t),
          elements * (2.0 * static_cast<double>(w) + 4)};
}

Cost conv1d_silu_backward_cost(int64_t n, int64_t c, int64_t w, DType t, bool dw) {
  const double elements = static_cast<double>(n) * static_cast<double>(c);
  const double taps = static_cast<double>(w);
  const double weights = static_cast<double>(c) * taps;
  return {3 * elements * size_of(t) + weights * (size_of(t) + (dw ? 4 : 0)),
          elements * ((dw ? 6 : 4) * taps + 8)};
}

}  // namespace hone::kernels
