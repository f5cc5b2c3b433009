// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/moe/multiply_4bit_experts.h"
#include "kernels/moe/panels.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/packed_dot.h"

namespace hone::kernels {
template <Isa I>
void multiply_4bit_experts(Cpu<I> device, const Tensor& x, RowsBy x_by,
                           const QuantizedTensor& stack, const ExpertOrder& order, const Tensor& y,
                           const Tensor& scratch) {
  visit_float(x.dtype(), [&]<class T>() {
    const int64_t out = stack.shape[1], in = stack.shape[2];
    const RowIndex x_row(x, x_by, order);
    const int32_t* offsets = order.offsets.data<int32_t>();
    // A task is a row of an expert's matrix.
    const auto some_tasks = [&](int64_t begin, int64_t end, int worker) {
      const Tensor row = scratch.rows(worker, worker + 1).narrow(1, 0, in);
      for (int64_t task = begin; task < end; ++task) {
        const int64_t e = task / out, n = task % out;
        if (offsets[e] == offsets[e + 1]) continue;
        dequantize_4bit_range(device, stack, task * in, row);
        for (int64_t p = offsets[e]; p < offsets[e + 1]; ++p)
          y.data<T>()[p * out + n] = T(packed_dot(x.data<T>() + x_row(p) * in, row.data<T>(), in));
      }
    };
    parallel_for(stack.shape[0] * out, grain_for(3 * in), some_tasks, scratch.dim(0));
  });
}

template void multiply_4bit_experts(Cpu<kIsa>, const Tensor&, RowsBy, const QuantizedTensor&,
                                    const ExpertOrder&, const Tensor&, const Tensor&);

}  // namespace hone::kernels
