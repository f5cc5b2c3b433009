// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Backward puts the rows in order of their ids without a sort: a row's place is the number of rows
// with a smaller id, and of equal ones before it. That takes N^2 comparisons, some ten microseconds for
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
constexpr int kOrderTile = 2048;  // ids on the chip

// A block finds the places of 32 rows, one to a lane; each warp compares them with an eighth of all ids.
// order [2, N]: the rows by (id, row), and their ids.
__global__ void __launch_bounds__(kThreads)
    order_kernel(const int64_t* ids, int64_t N, int32_t* order) {
  constexpr int kWarps = kThreads / kWarp;
  __shared__ int4 tile[kOrderTile / 4];
  __shared__ int32_t places[kWarps][kWarp];
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const int64_t first = int64_t{blockIdx.x} * kWarp, n = first + lane;
  const int32_t id = n < N ? static_cast<int32_t>(ids[n]) : 0;
  int32_t place = 0;
  for (int64_t begin = 0; begin < N; begin += kOrderTile) {
    __syncthreads();  // everybody is done with the tile before
    for (int i = threadIdx.x; i < kOrderTile; i += kThreads)
      reinterpret_cast<int32_t*>(tile)[i] =
          begin + i < N ? static_cast<int32_t>(ids[begin + i]) : INT32_MAX;
    __syncthreads();  // the tile is there
#pragma unroll 4
    for (int i = warp; i < kOrderTile / 4; i += kWarps) {
      const int4 other = tile[i];
      const int64_t at = begin + i * 4;  // of the first of the four
      if (at + 4 <= first || at >= first + kWarp) {
        // An equal id counts when it is before.
        const int32_t bound = id + (at < first ? 1 : 0);
        place += (other.x < bound) + (other.y < bound) + (other.z < bound) + (other.w < bound);
      } else {
        place += (other.x < id + (at < n)) + (other.y < id + (at + 1 < n)) +
                 (other.z < id + (at + 2 < n)) + (other.w < id + (at + 3 < n));
      }
    }
  }
  places[warp][lane] = place;
  __syncthreads();  // all warps' counts are there
  if (warp != 0 || n >= N) return;
  place = 0;
  for (int w = 0; w < kWarps; ++w) place += places[w][lane];
  order[place] = static_cast<int32_t>(n);
  order[N + place] = id;
}

template <int W, class T>
__global__ void __launch_bounds__(kThreads)
    add_rows_kernel(const T* dy, const int32_t* order, int64_t N, int64_t C, acc_t<T>* dtable) {
  using A = acc_t<T>;
  constexpr int kTogether = 4;  // rows that are loaded at a time
  const int32_t* const ids = order + N;
  const int64_t first = blockIdx.x;
  const int32_t id = ids[first];
  if (first > 0 && ids[first - 1] == id) return;
  for (int64_t c = int64_t{threadIdx.x} * W; c < C; c += kThreads * W) {
    A* const place = dtable + id * C + c;
    Vec<A, W> sum = load<W>(place);
    bool more = true;
    for (int64_t i = first; more; i += kTogether) {
      Vec<T, W> row[kTogether];
      bool there[kTogether];
#pragma unroll
      for (int k = 0; k < kTogether; ++k) {
        there[k] = i + k < N && ids[i + k] == id;
        if (there[k]) row[k] = load<W>(dy + order[i + k] * C + c);
      }
#pragma unroll
      for (int k = 0; k < kTogether; ++k)
        if (there[k])
#pragma unroll
          for (int j = 0; j < W; ++j) sum[j] += widen(row[k][j]);
      more = there[kTogether - 1];
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
  int32_t* const by_id = order.data<int32_t>();
  launch(device, order_kernel, grid_size(ceil_div(N, kWarp)), kThreads, 0, ids.data<int64_t>(), N,
         by_id);
  visit_float(dy.dtype(), [&]<class T>() {
    const auto run = [&]<int W>() {
      launch(device, add_rows_kernel<W, T>, grid_size(N), kThreads, 0, dy.data<T>(), by_id, N, C,
             dtable.data<acc_t<T>>());
    };
    if (are_vectors(kLanes<T>, C, {dy, dtable}))
      run.template operator()<kLanes<T>>();
    else
      run.template operator()<1>();
  });
}

}  // namespace hone::kernels
