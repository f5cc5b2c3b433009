// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv1d/conv1d_extend.h"

#include "kernels/core/scratch.h"
#include "kernels/core/slots.h"

namespace hone::kernels {

Tensor conv1d_silu_extend(const Tensor& x, const Tensor& w, const Tensor& cu_seqlens,
                          const Tensor& slots, const Tensor& starts, const Tensor& states) {
  check(x.rank() == 2 && (w.rank() == 2 || (w.rank() == 3 && w.dim(1) == 1)) &&
            w.dim(0) == x.dim(1) && w.dtype() == x.dtype(),
        "conv1d_silu_extend: weight ", w.shape(), " ", name_of(w.dtype()),
        " = [C, 1, W] does not fit x ", x.shape(), " ", name_of(x.dtype()), " = [N, C]");
  const int64_t taps = w.dim(-1);
  check(taps >= 1 && taps <= kConv1dMaxTaps, "conv1d_silu_extend: ", taps, " taps; 1 to ",
        kConv1dMaxTaps, " are supported");
  check(states.rank() == 3 && states.shape() == Shape{states.dim(0), taps - 1, x.dim(1)} &&
            states.dtype() == x.dtype(),
        "conv1d_silu_extend: states ", states.shape(), " ", name_of(states.dtype()),
        " must be [slots, ", taps - 1, ", ", x.dim(1), "] ", name_of(x.dtype()));
  check(x.is_contiguous() && w.is_contiguous() && states.is_contiguous(),
        "conv1d_silu_extend: operands must be contiguous");
  check_documents("conv1d_silu_extend", cu_seqlens, x.dim(0));
  check_slots("conv1d_silu_extend", slots, cu_seqlens.dim(0) - 1, states.dim(0));
  check_starts("conv1d_silu_extend", starts, cu_seqlens.dim(0) - 1);
  Tensor y = Tensor::empty_like(x);
  Tensor scratch;  // a GPU's threads keep the weights in registers
  if (!is_gpu(x.device()))
    scratch = scratch_tensor({taps, x.dim(1)}, accumulator_dtype(x.dtype()), x.device());
  visit_device(x.device(), [&](auto device) {
    conv1d_silu_extend(device, x, w, cu_seqlens, slots, starts, states, y, scratch);
  });
  return y;
}

Cost conv1d_silu_extend_cost(int64_t n, int64_t s, int64_t c, int64_t w, DType t) {
  Cost cost = conv1d_silu_forward_cost(n, c, w, t);
  cost.bytes += 2.0 * static_cast<double>(s) * static_cast<double>((w - 1) * c) * size_of(t);
  return cost;
}

}  // namespace hone::kernels
