// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/core/dispatch.h"

namespace hone::kernels {

// For *_cpu.cc: a row of x times a row of a matrix, both in T.
template <class T, class A = acc_t<T>>
A packed_dot(const T* x, const T* w, int64_t K) {
  A sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t k = 0; k < K; ++k) sum += A(x[k]) * A(w[k]);
  return sum;
}

}  // namespace hone::kernels
