// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/embedding/embedding.h"

#include <limits>

#include "kernels/core/scratch.h"
#include "kernels/elementwise/elementwise.h"

namespace hone::kernels {
namespace {

void check_ids(const Tensor& ids) {
  check(ids.rank() == 1 && ids.dtype() == DType::i64 && ids.is_contiguous(),
        "embedding: ids must be contiguous int64 [N], got ", name_of(ids.dtype()), " ",
        ids.shape());
}

}  // namespace

Tensor embedding_forward(const Tensor& ids, const Tensor& table) {
  check_ids(ids);
  check(table.rank() == 2 && table.is_contiguous(), "embedding: table ", table.shape(),
        " must be a contiguous matrix");
  const Tensor y = Tensor::empty({ids.dim(0), table.dim(1)}, table.dtype(), table.device());
  visit_device(table.device(), [&](auto device) { embedding_forward(device, ids, table, y); });
  return y;
}

void embedding_backward(const Tensor& dy, const Tensor& ids, const GradTarget& dtable) {
  check_ids(ids);
  check(dy.rank() == 2 && dy.dim(0) == ids.dim(0) && dy.dim(1) == dtable.tensor.dim(1) &&
            dy.is_contiguous(),
        "embedding: gradient ", dy.shape(), " for ids ", ids.shape(), " and table ",
        dtable.tensor.shape());
  if (!dtable.accumulate) fill(dtable.tensor, 0);
  const int64_t n = ids.dim(0), limit = std::numeric_limits<int32_t>::max();
  check(n < limit && dtable.tensor.dim(0) < limit, "embedding: ", n, " ids of a table ",
        dtable.tensor.shape(), " are more than int32 counts");
  const Tensor order =
      scratch_tensor(is_gpu(ids.device()) ? Shape{2, n} : Shape{n}, DType::i32, ids.device());
  visit_device(dy.device(),
               [&](auto device) { embedding_backward(device, dy, ids, order, dtable.tensor); });
}

Cost embedding_forward_cost(int64_t n, int64_t c, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(c);
  return {2 * elements * size_of(t) + 8.0 * static_cast<double>(n), 0};
}

Cost embedding_backward_cost(int64_t n, int64_t c, DType t) {
  const double elements = static_cast<double>(n) * static_cast<double>(c);
  const auto sums = static_cast<double>(size_of(accumulator_dtype(t)));
  return {elements * (size_of(t) + 2 * sums) + 8.0 * static_cast<double>(n), elements};
}

}  // namespace hone::kernels
