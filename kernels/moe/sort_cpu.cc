// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/core/isa.h"
#include "kernels/moe/sort.h"

namespace hone::kernels {

template <Isa I>
void moe_sort(Cpu<I>, const Tensor& ids, const ExpertOrder& out, const Tensor&) {
  const int64_t assignments = ids.numel();
  const int64_t experts = out.offsets.numel() - 1;
  const int32_t* id = ids.data<int32_t>();
  int32_t* offsets = out.offsets.data<int32_t>();
  std::fill(offsets, offsets + experts + 1, 0);
  for (int64_t a = 0; a < assignments; ++a) ++offsets[id[a] + 1];
  for (int64_t e = 0; e < experts; ++e) offsets[e + 1] += offsets[e];

  // Meanwhile offsets[e] is where the next row of e goes; in the end that is offsets[e + 1].
  for (int64_t a = 0; a < assignments; ++a) {
    const int32_t p = offsets[id[a]]++;
    out.order.data<int32_t>()[p] = static_cast<int32_t>(a);
    out.inverse.data<int32_t>()[a] = p;
  }
  std::copy_backward(offsets, offsets + experts, offsets + experts + 1);
  offsets[0] = 0;
}

template void moe_sort(Cpu<kIsa>, const Tensor&, const ExpertOrder&, const Tensor&);

}  // namespace hone::kernels
