// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/grouped_gram.h"

#include "kernels/moe/panels.h"

namespace hone::kernels {
namespace {

// For a loop over the tiles of the gradients of all experts.
Tensor scratch_for(int64_t experts, const Tensor& u, const Tensor& v) {
  const int64_t M = u.dim(1), N = v.dim(1);
  int64_t elements = 0;
  visit_accumulator(u.dtype(), [&]<class F>() {
    Scratch<F> counter;
    GramMemory<F>(counter, M, N, size_of(u.dtype()));
    elements = counter.used();
  });
  return worker_scratch(experts * ceil_div(M, kGramRows) * ceil_div(N, kGramColumns), elements,
                        accumulator_dtype(u.dtype()), u.device());
}

}  // namespace

void grouped_gram(const Tensor& u, RowsBy u_by, const Tensor& v, RowsBy v_by, double alpha,
                  const ExpertOrder& order, const GradTarget& g) {
  if (!g.wanted()) return;
  check_rows("grouped_gram", "u", u, u_by, order);
  check_rows("grouped_gram", "v", v, v_by, order);
  check(u.dtype() == v.dtype(), "grouped_gram: ", name_of(u.dtype()), " and ", name_of(v.dtype()));
  check_stack("grouped_gram", "g", g.tensor, Transpose::no, u.dim(1), v.dim(1),
              accumulator_dtype(u.dtype()), order);
  const Tensor scratch = scratch_for(g.tensor.dim(0), u, v);
  visit_device(u.device(), [&](auto device) {
    grouped_gram(device, u, u_by, v, v_by, alpha, order, g, scratch);
  });
}

Cost grouped_gram_cost(int64_t assignments, int64_t experts, int64_t m, int64_t n, DType t) {
  const double rows = static_cast<double>(assignments);
  const double matrix = static_cast<double>(m) * static_cast<double>(n);
  return {rows * (static_cast<double>((m + n) * size_of(t)) + 4) +
              static_cast<double>(experts) * matrix *
                  static_cast<double>(size_of(accumulator_dtype(t))),
          2 * rows * matrix};
}

}  // namespace hone::kernels
