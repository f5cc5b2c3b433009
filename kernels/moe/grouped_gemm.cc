// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/grouped_gemm.h"

#include "kernels/moe/panels.h"

namespace hone::kernels {

void check_rows(const char* op, const char* name, const Tensor& x, RowsBy by,
                const ExpertOrder& order) {
  const int64_t positions = order.order.numel();
  check(x.rank() == 2 && x.is_contiguous(), op, ": ", name, " ", x.shape(),
        " must be a contiguous matrix");
  const bool fits = by == RowsBy::token
                        ? (x.dim(0) == 0 ? positions == 0 : positions % x.dim(0) == 0)
                        : x.dim(0) == positions;
  check(fits, op, ": ", name, " ", x.shape(), " does not have the rows of ", positions,
        " assignments");
}

void check_stack(const char* op, const char* name, const Tensor& w, Transpose transpose, int64_t in,
                 int64_t out, DType t, const ExpertOrder& order) {
  const int64_t experts = order.offsets.numel() - 1;
  const Shape expected = transpose == Transpose::yes ? Shape{experts, out, in}  //
                                                     : Shape{experts, in, out};
  check(w.shape() == expected && w.is_contiguous(), op, ": ", name, " ", w.shape(),
        " must be a contiguous ", expected);
  check(w.dtype() == t, op, ": ", name, " is ", name_of(w.dtype()), ", the rows are ", name_of(t));
}

void grouped_gemm(const Tensor& x, RowsBy x_by, const Tensor& w, Transpose op, double alpha,
                  double beta, const ExpertOrder& order, const Tensor& y, RowsBy y_by) {
  check_rows("grouped_gemm", "x", x, x_by, order);
  check_rows("grouped_gemm", "y", y, y_by, order);
  check(y_by != RowsBy::token, "grouped_gemm: the result cannot have one row per token");
  check(y.dtype() == x.dtype(), "grouped_gemm: ", name_of(x.dtype()), " into ", name_of(y.dtype()));
  check_stack("grouped_gemm", "w", w, op, x.dim(1), y.dim(1), x.dtype(), order);
  const int64_t tasks = expert_blocks(order) * ceil_div(y.dim(1), columns_of_task(order, y.dim(1)));
  const Tensor scratch = grouped_gemm_scratch(tasks, order, x, x_by, y.dim(1), 0);
  visit_device(x.device(), [&](auto device) {
    grouped_gemm(device, x, x_by, w, op, alpha, beta, order, y, y_by, scratch);
  });
}

Cost grouped_gemm_cost(int64_t assignments, int64_t experts, int64_t out, int64_t in, DType t) {
  const double rows = static_cast<double>(assignments);
  const double matrix = static_cast<double>(out) * static_cast<double>(in);
  return {(rows * static_cast<double>(in + out) + static_cast<double>(experts) * matrix) *
                  static_cast<double>(size_of(t)) +
              4 * rows,
          2 * rows * matrix};
}

}  // namespace hone::kernels
