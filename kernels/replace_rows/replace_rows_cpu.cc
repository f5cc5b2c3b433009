// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/replace_rows/replace_rows.h"

namespace hone::kernels {

template <Isa I>
void replace_rows(Cpu<I>, const Tensor& rows, const Tensor& from, const Tensor& to) {
  visit_float(to.dtype(), [&]<class T>() {
    const int64_t N = to.dim(0), C = to.dim(1);
    const int64_t* row = rows.data<int64_t>();
    const T* values = from.defined() ? from.data<T>() : nullptr;
    parallel_for(rows.dim(0), grain_for(C), [&](int64_t begin, int64_t end) {
      for (int64_t m = begin; m < end; ++m) {
        check(row[m] >= 0 && row[m] < N, "replace_rows: rows[", m, "] = ", row[m],
              " is outside the ", N, " rows");
        T* out = to.data<T>() + row[m] * C;
        if (values)
          std::copy(values + m * C, values + (m + 1) * C, out);
        else
          std::fill(out, out + C, T(0.0f));
      }
    });
  });
}

template void replace_rows(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);

}  // namespace hone::kernels
