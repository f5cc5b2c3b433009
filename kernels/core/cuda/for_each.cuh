// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Element-wise kernels: f over all elements of a matrix, 16 bytes at a time where that is aligned.
#pragma once

#include <initializer_list>

#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "tensor/tensor.h"

namespace hone::kernels {

// A matrix seen by for_each_vector: tensors of one shape [rows, columns], their columns contiguous.
struct RowsAndColumns {
  int64_t rows = 0;
  int64_t columns = 0;
  bool whole_vectors = false;  // each row of each tensor is a row of aligned vectors of `width`
};

// The common shape of `tensors` (the last dimension against all others; with `flat`, which needs
// contiguous tensors, one long row), and whether vectors of `width` elements fit.
inline RowsAndColumns rows_and_columns(std::initializer_list<Tensor> tensors, int width,
                                       bool flat = false) {
  const Tensor& first = *tensors.begin();
  RowsAndColumns m;
  m.columns = flat || first.rank() == 0 ? first.numel() : first.dim(-1);
  m.rows = m.columns ? first.numel() / m.columns : 0;
  m.whole_vectors = m.columns % width == 0;
  for (const Tensor& t : tensors) {
    const int64_t bytes = width * size_of(t.dtype()) < 16 ? width * size_of(t.dtype()) : 16;
    if (reinterpret_cast<uintptr_t>(t.raw()) % bytes != 0) m.whole_vectors = false;
    for (int d = 0; d + 1 < t.rank() && !flat; ++d)
      if (t.stride(d) * size_of(t.dtype()) % bytes != 0) m.whole_vectors = false;
  }
  return m;
}

constexpr int kForEachThreads = 256;

template <int W, class F>
__global__ void __launch_bounds__(kForEachThreads)
    for_each_vector_kernel(int64_t vectors, int64_t per_row, F f) {
  const int64_t i = int64_t{blockIdx.x} * kForEachThreads + threadIdx.x;
  if (i >= vectors) return;
  if (per_row == vectors) return f.template operator()<W>(0, i * W);
  // A 32-bit division is several times faster.
  int64_t row, vector;
  if (vectors <= INT32_MAX) {
    row = static_cast<uint32_t>(i) / static_cast<uint32_t>(per_row);
    vector = static_cast<uint32_t>(i) - static_cast<uint32_t>(row) * static_cast<uint32_t>(per_row);
  } else {
    row = i / per_row;
    vector = i - row * per_row;
  }
  f.template operator()<W>(row, vector * W);
}

// Calls f.operator()<W>(row, column) once for every vector of W elements: W is `width`, or 1 where
// vectors do not fit.
template <int width, class F>
void for_each_vector(Cuda device, const RowsAndColumns& m, const F& f) {
  const auto run = [&]<int W>() {
    const int64_t vectors = m.rows * m.columns / W;
    launch(device, for_each_vector_kernel<W, F>, grid_size(ceil_div(vectors, kForEachThreads)),
           kForEachThreads, 0, vectors, m.columns / W, f);
  };
  if (m.whole_vectors)
    run.template operator()<width>();
  else
    run.template operator()<1>();
}

}  // namespace hone::kernels
