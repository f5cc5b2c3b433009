// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Backward puts the rows in order of their ids without a sort: a row's place is the number of rows
// with a smaller id, and of equal ones before it. That takes N^2 comparisons, a few microseconds for
// ten thousand rows. Then a block per place where an id begins adds up its rows.
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/embedding/embedding.h"

namespace hone::kernels {
namespace {

template <class T>
struct Gather {
  const int64_t* ids;
  const T* table;
  T* y;
  int64_t V, C;

  template <int W>
  __device__ void operator()(int64_t n, int64_t c) const {
    const int64_t id = ids[n];
    if (id < 0 || id >= V) __trap();  // the host has checked ids; never read beside the table
    store(y + n * C + c, load<W>(table + id * C + c));
  }
};

constexpr int kThreads = 256;

__global__ void __launch_bounds__(kThreads)
    order_kernel(const int64_t* ids, int64_t N, int32_t* order) {
  __shared__ int64_t tile[kThreads];
  const int64_t n = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  const int64_t id = n < N ? ids[n] : 0;
  int32_t place = 0;
  for (int64_t begin = 0; begin < N; begin += kThreads) {
    __syncthreads();  // everybody is done with the tile before
    if (begin + threadIdx.x < N) tile[threadIdx.x] = ids[begin + threadIdx.x];
    __syncthreads();  // the tile is there
    const int64_t count = N - begin < kThreads ? N - begin : kThreads;
    for (int64_t i = 0; i < count; ++i)
      place += tile[i] < id || (tile[i] == id && begin + i < n) ? 1 : 0;
  }
  if (n < N) order[place] = static_cast<int32_t>(n);
}

template <int W, class T>
__global__ void __launch_bounds__(kThreads)
    add_rows_kernel(const T* dy, const int64_t* ids, const int32_t* order, int64_t N, int64_t C,
                    acc_t<T>* dtable) {
  using A = acc_t<T>;
  const int64_t first = blockIdx.x, id = ids[order[first]];
  if (first > 0 && ids[order[first - 1]] == id) return;
  for (int64_t c = int64_t{threadIdx.x} * W; c < C; c += kThreads * W) {
    A* const place = dtable + id * C + c;
    Vec<A, W> sum = load<W>(place);
    for (int64_t i = first; i < N; ++i) {
      const int64_t n = order[i];
      if (ids[n] != id) break;
      const Vec<T, W> row = load<W>(dy + n * C + c);
#pragma unroll
      for (int k = 0; k < W; ++k) sum[k] += widen(row[k]);
    }
    store(place, sum);
  }
}

}  // namespace

void embedding_forward(Cuda device, const Tensor& ids, const Tensor& table, const Tensor& y) {
  visit_float(table.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(
        device, rows_and_columns({y, table}, kLanes<T>),
        Gather<T>{ids.data<int64_t>(), table.data<T>(), y.data<T>(), table.dim(0), table.dim(1)});
  });
}

void embedding_backward(Cuda device, const Tensor& dy, const Tensor& ids, const Tensor& order,
                        const Tensor& dtable) {
  const int64_t N = ids.dim(0), C = dtable.dim(1);
  launch(device, order_kernel, grid_size(ceil_div(N, kThreads)), kThreads, 0, ids.data<int64_t>(),
         N, order.data<int32_t>());
  visit_float(dy.dtype(), [&]<class T>() {
    const auto run = [&]<int W>() {
      launch(device, add_rows_kernel<W, T>, grid_size(N), kThreads, 0, dy.data<T>(),
             ids.data<int64_t>(), order.data<int32_t>(), N, C, dtable.data<acc_t<T>>());
    };
    if (are_vectors(kLanes<T>, C, {dy, dtable}))
      run.template operator()<kLanes<T>>();
    else
      run.template operator()<1>();
  });
}

}  // namespace hone::kernels
