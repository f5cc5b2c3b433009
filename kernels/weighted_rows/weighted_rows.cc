// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/weighted_rows/weighted_rows.h"

#include <algorithm>

#include "kernels/core/scratch.h"
#include "kernels/embedding/embedding.h"

namespace hone::kernels {
namespace {

constexpr int64_t kBlock = 2048;  // rows of dy that are written K times at once

void check_sources(const Tensor& ids, const Tensor& weights) {
  check(ids.rank() == 2 && ids.dtype() == DType::i64 && ids.is_contiguous(),
        "weighted_rows: ids must be contiguous int64 [N, K], got ", name_of(ids.dtype()), " ",
        ids.shape());
  check(weights.shape() == ids.shape() && weights.dtype() == DType::f32 && weights.is_contiguous(),
        "weighted_rows: weights ", weights.shape(), " ", name_of(weights.dtype()),
        " must be contiguous float32 and like ids ", ids.shape());
}

}  // namespace

Tensor weighted_rows_forward(const Tensor& ids, const Tensor& weights, const Tensor& table) {
  check_sources(ids, weights);
  check(table.rank() == 2 && table.is_contiguous(), "weighted_rows: table ", table.shape(),
        " must be a contiguous matrix");
  const Tensor y = Tensor::empty({ids.dim(0), table.dim(1)}, table.dtype(), table.device());
  visit_device(table.device(),
               [&](auto device) { weighted_rows_forward(device, ids, weights, table, y); });
  return y;
}

void weighted_rows_backward(const Tensor& dy, const Tensor& ids, const Tensor& weights,
                            const GradTarget& dtable) {
  check_sources(ids, weights);
  const int64_t N = ids.dim(0), K = ids.dim(1), C = dtable.tensor.dim(1);
  check(dy.shape() == Shape{N, C} && dy.is_contiguous(), "weighted_rows: gradient ", dy.shape(),
        " for ids ", ids.shape(), " and table ", dtable.tensor.shape());
  const Tensor z =
      scratch_tensor({std::min(N, kBlock) * K, C}, accumulator_dtype(dy.dtype()), dy.device());
  int64_t begin = 0;
  do {  // once without rows too: the gradient is then zero
    const int64_t end = std::min(begin + kBlock, N);
    const Tensor spread = z.rows(0, (end - begin) * K);
    visit_device(dy.device(), [&](auto device) {
      spread_rows(device, dy.rows(begin, end), weights.rows(begin, end), spread);
    });
    embedding_backward(spread, ids.rows(begin, end).view({(end - begin) * K}),
                       {dtable.tensor, dtable.accumulate || begin > 0});
    begin = end;
  } while (begin < N);
}

Cost weighted_rows_forward_cost(int64_t n, int64_t k, int64_t c, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(c);
  return {static_cast<double>(1 + k) * elements * size_of(t) + 12.0 * static_cast<double>(n * k),
          2.0 * static_cast<double>(k) * elements};
}

Cost weighted_rows_backward_cost(int64_t n, int64_t k, int64_t c, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(c);
  const auto sums = static_cast<double>(size_of(accumulator_dtype(t)));
  return {elements * (size_of(t) + 4.0 * static_cast<double>(k) * sums),
          2.0 * static_cast<double>(k) * elements};
}

}  // namespace hone::kernels
