// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/embedding/embedding.h"

namespace hone::kernels {

template <Isa I>
void embedding_forward(Cpu<I>, const Tensor& ids, const Tensor& table, const Tensor& y) {
  visit_float(table.dtype(), [&]<class T>() {
    const int64_t V = table.dim(0), C = table.dim(1);
    const int64_t* id = ids.data<int64_t>();
    parallel_for(ids.dim(0), grain_for(C), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        check(id[n] >= 0 && id[n] < V, "embedding: id ", id[n], " at position ", n,
              " is outside the table of ", V, " rows");
        const T* row = table.data<T>() + id[n] * C;
        std::copy(row, row + C, y.data<T>() + n * C);
      }
    });
  });
}

template <Isa I>
void embedding_backward(Cpu<I>, const Tensor& dy, const Tensor& ids, const Tensor& order,
                        const Tensor& dtable) {
  const int64_t N = ids.dim(0), C = dtable.dim(1);
  const int64_t* id = ids.data<int64_t>();
  int32_t* by_id = order.data<int32_t>();
  std::iota(by_id, by_id + N, 0);
  std::sort(by_id, by_id + N,
            [id](int32_t a, int32_t b) { return id[a] != id[b] ? id[a] < id[b] : a < b; });
  visit_float(dy.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const auto continues = [&](int64_t i) {  // the id of the one before it in the order
      return i > 0 && i < N && id[by_id[i]] == id[by_id[i - 1]];
    };
    // A chunk sums the ids whose first occurrence in the order falls into it, to their last.
    parallel_for(N, grain_for(2 * C), [&](int64_t begin, int64_t end) {
      int64_t i = begin;
      while (i < end && continues(i)) ++i;
      if (i == end) return;
      for (; i < end || continues(i); ++i) {
        A* sum = dtable.data<A>() + id[by_id[i]] * C;
        const T* row = dy.data<T>() + by_id[i] * C;
        for (int64_t c = 0; c < C; ++c) sum[c] += A(row[c]);
      }
    });
  });
}

template void embedding_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void embedding_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                 const Tensor&);

}  // namespace hone::kernels
