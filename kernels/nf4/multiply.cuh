// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Some rows times one row of a 4-bit matrix, by a warp: a lane takes 8 elements at a time (4 bytes of
// codes, all of one block) and the same 8 of every row of x, which come from the cache.
#pragma once

#include "kernels/core/cuda/reduce.cuh"
#include "kernels/nf4/dequantize.cuh"

namespace hone::kernels {

constexpr int kPackedElements = 8;  // of a lane at a time

// sums[m] = sum_k x[m,k] w[first + k], k < K; m < M <= kRows, the others stay as they are. All lanes get
// them. kWhole: `first` is a multiple of 8, K too, rows of x are aligned to 8 elements, codes to 4 bytes.
template <int kRows, bool kWhole, class T>
__device__ void multiply_packed_row(const T* x, int64_t x_stride, int64_t M, int64_t K,
                                    const Packed& packed, const PackedTables& t, int64_t first,
                                    acc_t<T> (&sums)[kRows]) {
  using A = acc_t<T>;
  const int lane = threadIdx.x % kWarp;
  if constexpr (kWhole) {
#pragma unroll 2
    for (int64_t k = lane * kPackedElements; k < K; k += kWarp * kPackedElements) {
      const int64_t at = first + k;
      const uint32_t codes = *reinterpret_cast<const uint32_t*>(packed.codes + at / 2);
      const float scale = packed.scale(t, at / QuantizedTensor::kBlock);
      A w[kPackedElements];
#pragma unroll
      for (int i = 0; i < kPackedElements; ++i) {
        const unsigned code = (codes >> (i / 2 * 8 + (i % 2 == 0 ? 4 : 0))) & 15u;
        w[i] = rounded<T>(multiply_ftz(t.values[code], scale));
      }
#pragma unroll
      for (int m = 0; m < kRows; ++m) {
        if (m >= M) continue;
        const Vec<T, kPackedElements> part = load<kPackedElements>(x + m * x_stride + k);
#pragma unroll
        for (int i = 0; i < kPackedElements; ++i) sums[m] += widen(part[i]) * w[i];
      }
    }
  } else {
    for (int64_t k = lane; k < K; k += kWarp) {
      const A w = rounded<T>(packed.element(t, first + k));
#pragma unroll
      for (int m = 0; m < kRows; ++m)
        if (m < M) sums[m] += widen(x[m * x_stride + k]) * w;
    }
  }
#pragma unroll
  for (int m = 0; m < kRows; ++m) sums[m] = warp_sum(sums[m]);
}

// Whether kWhole holds for rows of x, `stride` elements apart, and all rows of w.
inline bool are_packed_rows(const Tensor& x, int64_t stride, const QuantizedTensor& w) {
  return x.dim(1) % kPackedElements == 0 && are_vectors(kPackedElements, stride, {x}) &&
         reinterpret_cast<uintptr_t>(w.codes.raw()) % 4 == 0;
}

}  // namespace hone::kernels
