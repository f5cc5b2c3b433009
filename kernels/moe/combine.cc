// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/combine.h"

namespace hone::kernels {
namespace {

void check_rows_and_weights(const char* op, const Tensor& x, const Tensor& weights,
                            const ExpertOrder& order) {
  const int64_t positions = order.order.numel();
  check(x.rank() == 2 && x.dim(0) == positions && x.is_contiguous(), op, ": rows ", x.shape(),
        " must be contiguous, one for each of ", positions, " assignments");
  if (!weights.defined()) return;
  check(weights.rank() == 2 && weights.numel() == positions && weights.dtype() == x.dtype() &&
            weights.is_contiguous(),
        op, ": weights ", weights.shape(), " ", name_of(weights.dtype()), " for rows ", x.shape(),
        " ", name_of(x.dtype()));
}

}  // namespace

Tensor moe_combine(const Tensor& y, const Tensor& weights, const ExpertOrder& order, int64_t k) {
  check_rows_and_weights("moe_combine", y, weights, order);
  check(k >= 1 && y.dim(0) % k == 0 && (!weights.defined() || weights.dim(1) == k),
        "moe_combine: ", k, " rows per token of ", y.shape());
  const Tensor out = Tensor::empty({y.dim(0) / k, y.dim(1)}, y.dtype(), y.device());
  visit_device(y.device(), [&](auto device) { moe_combine(device, y, weights, order, out); });
  return out;
}

Tensor moe_scale_rows(const Tensor& x, const Tensor& weights, const ExpertOrder& order) {
  check(weights.defined(), "moe_scale_rows: no weights");
  check_rows_and_weights("moe_scale_rows", x, weights, order);
  const Tensor out = Tensor::empty_like(x);
  visit_device(x.device(), [&](auto device) { moe_scale_rows(device, x, weights, order, out); });
  return out;
}

Cost moe_combine_cost(int64_t n, int64_t k, int64_t c, DType t) {
  const double assignments = static_cast<double>(n) * static_cast<double>(k);
  const double width = static_cast<double>(c);
  return {(assignments * (width + 1) + static_cast<double>(n) * width) *
                  static_cast<double>(size_of(t)) +
              4 * assignments,
          2 * assignments * width};
}

Cost moe_scale_rows_cost(int64_t assignments, int64_t c, DType t) {
  const double rows = static_cast<double>(assignments), width = static_cast<double>(c);
  return {rows * (2 * width + 1) * static_cast<double>(size_of(t)) + 4 * rows, rows * width};
}

}  // namespace hone::kernels
