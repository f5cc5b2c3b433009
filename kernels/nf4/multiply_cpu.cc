// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/core/scratch.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/multiply.h"
#include "kernels/nf4/packed_dot.h"

namespace hone::kernels {
template <Isa I>
void multiply_4bit(Cpu<I> device, const Tensor& x, const QuantizedTensor& w, const Tensor& y,
                   const Tensor& scratch) {
  visit_float(x.dtype(), [&]<class T>() {
    const int64_t M = x.dim(0), N = y.dim(1), K = x.dim(1);
    const auto some_rows = [&](int64_t begin, int64_t end, int worker) {
      const Tensor row = scratch.rows(worker, worker + 1).narrow(1, 0, K);
      for (int64_t n = begin; n < end; ++n) {
        dequantize_4bit_range(device, w, n * K, row);
        for (int64_t m = 0; m < M; ++m)
          y.data<T>()[m * N + n] = T(packed_dot(x.data<T>() + m * x.stride(0), row.data<T>(), K));
      }
    };
    parallel_for(N, grain_for((M + 2) * K), some_rows, scratch.dim(0));
  });
}

template void multiply_4bit(Cpu<kIsa>, const Tensor&, const QuantizedTensor&, const Tensor&,
                            const Tensor&);

}  // namespace hone::kernels
