// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/weighted_swiglu.h"

namespace hone::kernels {

WeightedSwigluGrad weighted_swiglu_backward(const Tensor& dh, const Tensor& z,
                                            const Tensor& weights, const ExpertOrder& order,
                                            bool with_wh) {
  const int64_t positions = order.order.numel();
  check(z.rank() == 2 && z.dim(0) == positions && z.dim(1) % 2 == 0 && z.is_contiguous(),
        "weighted_swiglu: z ", z.shape(), " for ", positions, " assignments");
  check(
      dh.shape() == Shape{positions, z.dim(1) / 2} && dh.dtype() == z.dtype() && dh.is_contiguous(),
      "weighted_swiglu: dh ", dh.shape(), " ", name_of(dh.dtype()), " for z ", z.shape(), " ",
      name_of(z.dtype()));
  check(weights.rank() == 2 && weights.numel() == positions && weights.dtype() == z.dtype() &&
            weights.is_contiguous(),
        "weighted_swiglu: weights ", weights.shape(), " ", name_of(weights.dtype()), " for z ",
        z.shape(), " ", name_of(z.dtype()));
  const WeightedSwigluGrad out{Tensor::empty_like(z), Tensor::empty_like(weights),
                               with_wh ? Tensor::empty_like(dh) : Tensor()};
  visit_device(z.device(),
               [&](auto device) { weighted_swiglu_backward(device, dh, z, weights, order, out); });
  return out;
}

Cost weighted_swiglu_backward_cost(int64_t assignments, int64_t f, DType t, bool with_wh) {
  const double rows = static_cast<double>(assignments);
  const double elements = rows * static_cast<double>(f);
  return {((with_wh ? 6 : 5) * elements + 2 * rows) * static_cast<double>(size_of(t)) + 4 * rows,
          (with_wh ? 15 : 14) * elements};
}

}  // namespace hone::kernels
