// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/bradley_terry/bradley_terry.h"

#include "kernels/elementwise/elementwise.h"

namespace hone::kernels {
namespace {

void check_operands(const Tensor& scores, const PreferencePairs& pairs) {
  const DType sums = accumulator_dtype(scores.dtype());
  check(scores.rank() == 2 && scores.dim(1) == 1 && scores.is_contiguous(),
        "bradley_terry: scores ", scores.shape(), " must be contiguous [N, 1]");
  check(pairs.rows.rank() == 1 && pairs.rows.dim(0) % 2 == 0 && pairs.rows.is_contiguous() &&
            pairs.rows.dtype() == DType::i32,
        "bradley_terry: rows ", pairs.rows.shape(), " ", name_of(pairs.rows.dtype()),
        " must be contiguous int32, two for each pair");
  check(
      !pairs.margins.defined() || (pairs.margins.shape() == Shape{pairs.rows.dim(0) / 2} &&
                                   pairs.margins.dtype() == sums && pairs.margins.is_contiguous()),
      "bradley_terry: margins must be contiguous ", name_of(sums), ", one for each of the ",
      pairs.rows.dim(0) / 2, " pairs");
  check(pairs.num_pairs.numel() == 1 && pairs.num_pairs.dtype() == sums,
        "bradley_terry: num_pairs must be one ", name_of(sums), ", got ", pairs.num_pairs.shape(),
        " ", name_of(pairs.num_pairs.dtype()));
}

}  // namespace

BradleyTerry bradley_terry_forward(const Tensor& scores, const PreferencePairs& pairs) {
  check_operands(scores, pairs);
  const DType sums = accumulator_dtype(scores.dtype());
  const BradleyTerry out = {Tensor::empty({}, sums, scores.device()),
                            Tensor::empty({}, sums, scores.device())};
  visit_device(scores.device(),
               [&](auto device) { bradley_terry_forward(device, scores, pairs, out); });
  return out;
}

Tensor bradley_terry_backward(const Tensor& dloss, const Tensor& scores,
                              const PreferencePairs& pairs) {
  check_operands(scores, pairs);
  check(dloss.numel() == 1 && dloss.dtype() == accumulator_dtype(scores.dtype()),
        "bradley_terry: dloss must be one ", name_of(accumulator_dtype(scores.dtype())));
  const Tensor dscores = Tensor::zeros_like(scores);
  visit_device(scores.device(),
               [&](auto device) { bradley_terry_backward(device, dloss, scores, pairs, dscores); });
  return dscores;
}

Cost bradley_terry_forward_cost(int64_t pairs, DType t) {
  const auto p = static_cast<double>(pairs);
  return {p * (2 * static_cast<double>(size_of(t)) + 8), 10 * p};
}

Cost bradley_terry_backward_cost(int64_t n, int64_t pairs, DType t) {
  const auto size = static_cast<double>(size_of(t)), p = static_cast<double>(pairs);
  return {static_cast<double>(n) * size + p * (4 * size + 8), 12 * p};
}

}  // namespace hone::kernels
