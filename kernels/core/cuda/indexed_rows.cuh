// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rows of bytes that are read or written by number.
#pragma once

#include "kernels/core/cuda/launch.cuh"

namespace hone::kernels {

constexpr int kIndexedRowsThreads = 256;

enum class IndexedRows {
  gather,   // to[r] = from[ids[r]]
  scatter,  // to[ids[r]] = from[r]
};

template <class V>
__global__ void __launch_bounds__(kIndexedRowsThreads)
    copy_indexed_rows_kernel(const V* from, V* to, const int32_t* ids, int64_t rows,
                             int64_t per_row, IndexedRows way) {
  const int64_t i = int64_t{blockIdx.x} * kIndexedRowsThreads + threadIdx.x;
  if (i >= rows * per_row) return;
  const int64_t row = i / per_row;
  const int64_t numbered = int64_t{ids[row]} * per_row + (i - row * per_row);
  if (way == IndexedRows::gather)
    to[i] = from[numbered];
  else
    to[numbered] = from[i];
}

// ids [rows]; a row has row_bytes bytes. With scatter the ids are different.
inline void copy_indexed_rows(Cuda device, const void* from, void* to, const int32_t* ids,
                              int64_t rows, int64_t row_bytes, IndexedRows way) {
  const auto as = [&]<class V>(V*) {
    constexpr int64_t kSize = sizeof(V);
    const int64_t per_row = row_bytes / kSize;
    launch(device, copy_indexed_rows_kernel<V>,
           grid_size(ceil_div(rows * per_row, kIndexedRowsThreads)), kIndexedRowsThreads, 0,
           static_cast<const V*>(from), static_cast<V*>(to), ids, rows, per_row, way);
  };
  const uint64_t all = static_cast<uint64_t>(row_bytes) | reinterpret_cast<uintptr_t>(from) |
                       reinterpret_cast<uintptr_t>(to);
  if (all % 16 == 0) return as(static_cast<uint4*>(nullptr));
  if (all % 4 == 0) return as(static_cast<uint32_t*>(nullptr));
  as(static_cast<uint8_t*>(nullptr));
}

}  // namespace hone::kernels
