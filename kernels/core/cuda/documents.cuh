// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// core/documents.h in device code.
#pragma once

#include <cstdint>

namespace hone::kernels {

// cu_seqlens in device memory: `documents` + 1 numbers.
struct Documents {
  const int32_t* cu_seqlens;
  int64_t documents;

  // The end of the document that `row` belongs to is cu_seqlens[i], its begin cu_seqlens[i - 1], with
  // the returned i. Empty documents never hold a row.
  __device__ int64_t index_of_end(int64_t row) const {
    int64_t low = 0, high = documents;  // cu_seqlens[low] <= row < cu_seqlens[high]
    while (high - low > 1) {
      const int64_t middle = (low + high) / 2;
      if (cu_seqlens[middle] <= row)
        low = middle;
      else
        high = middle;
    }
    return high;
  }
};

}  // namespace hone::kernels
