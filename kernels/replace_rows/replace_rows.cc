// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/replace_rows/replace_rows.h"

namespace hone::kernels {

void replace_rows(const Tensor& rows, const Tensor& from, const Tensor& to) {
  check(rows.rank() == 1 && rows.dtype() == DType::i64 && rows.is_contiguous(),
        "replace_rows: rows must be contiguous int64 [M], got ", name_of(rows.dtype()), " ",
        rows.shape());
  check(to.rank() == 2 && to.is_contiguous(), "replace_rows: to ", to.shape(),
        " must be a contiguous matrix");
  if (from.defined())
    check(from.shape() == Shape{rows.dim(0), to.dim(1)} && from.dtype() == to.dtype() &&
              from.is_contiguous(),
          "replace_rows: from ", from.shape(), " ", name_of(from.dtype()), " does not fit ",
          rows.dim(0), " rows of ", to.shape(), " ", name_of(to.dtype()));
  visit_device(to.device(), [&](auto device) { replace_rows(device, rows, from, to); });
}

Cost replace_rows_cost(int64_t m, int64_t c, DType t) {
  return {2.0 * static_cast<double>(m * c * size_of(t)) + 8.0 * static_cast<double>(m), 0};
}

}  // namespace hone::kernels
