// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/sort.h"

#include <limits>

namespace hone::kernels {

void check_expert_ids(const char* op, const Tensor& ids, int64_t experts) {
  check(ids.rank() == 2 && ids.dtype() == DType::i32 && ids.is_contiguous(), op, ": expert ids ",
        ids.shape(), " ", name_of(ids.dtype()), " must be a contiguous int32 matrix [N, K]");
  if (ids.device().type != DeviceType::cpu) return;
  const int32_t* id = ids.data<int32_t>();
  for (int64_t a = 0; a < ids.numel(); ++a)
    check(id[a] >= 0 && id[a] < experts, op, ": expert id ", id[a], " of token ", a / ids.dim(1),
          " is outside [0, ", experts, ")");
}

ExpertOrder moe_sort(const Tensor& ids, int64_t experts) {
  check(experts >= 1 && experts < std::numeric_limits<int32_t>::max(), "moe_sort: ", experts,
        " experts");
  check_expert_ids("moe_sort", ids, experts);
  check(ids.numel() <= std::numeric_limits<int32_t>::max(), "moe_sort: ", ids.shape(),
        " has more assignments than int32 positions");
  const auto allocate = [&](int64_t n) { return Tensor::empty({n}, DType::i32, ids.device()); };
  const ExpertOrder out{allocate(ids.numel()), allocate(ids.numel()), allocate(experts + 1)};
  Tensor scratch;
  if (is_gpu(ids.device()))
    scratch = Tensor::empty({(ids.numel() + kMoeSortChunk - 1) / kMoeSortChunk, experts},
                            DType::i32, ids.device());
  visit_device(ids.device(), [&](auto device) { moe_sort(device, ids, out, scratch); });
  return out;
}

Cost moe_sort_cost(int64_t assignments, int64_t experts) {
  return {16.0 * static_cast<double>(assignments) + 4.0 * static_cast<double>(experts), 0};
}

}  // namespace hone::kernels
