// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tensors [N, H, D] in device code.
#pragma once

#include <initializer_list>

#include "kernels/core/cuda/vec.cuh"
#include "tensor/tensor.h"

namespace hone::kernels {

// The heads of a tensor [N, H, D] with contiguous heads; rows and heads may be apart.
template <class T>
struct Heads {
  T* data = nullptr;
  int64_t H = 0, row_stride = 0, head_stride = 0;

  Heads() = default;
  explicit Heads(const Tensor& t)
      : data(t.data<T>()), H(t.dim(1)), row_stride(t.stride(0)), head_stride(t.stride(1)) {}
  __device__ T* at(int64_t n, int64_t h) const { return data + n * row_stride + h * head_stride; }
  __device__ T* at(int64_t i) const {  // i = n * H + h
    const int64_t n = row_of(i);
    return at(n, i - n * H);
  }
  // n of i = n * H + h. A 32-bit division is several times faster.
  __device__ int64_t row_of(int64_t i) const {
    if (i <= UINT32_MAX) return static_cast<uint32_t>(i) / static_cast<uint32_t>(H);
    return i / H;
  }
};

// Whether each head of each tensor (of any rank, heads last; undefined ones are skipped) is a row of
// aligned vectors of `width`.
inline bool are_head_vectors(int width, std::initializer_list<Tensor> tensors) {
  for (const Tensor& t : tensors) {
    if (!t.defined()) continue;
    if (!are_vectors(width, t.dim(-1), {t})) return false;
    for (int d = 0; d + 1 < t.rank(); ++d)
      if (t.stride(d) * size_of(t.dtype()) % 16 != 0) return false;
  }
  return true;
}

}  // namespace hone::kernels
