// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the stages of a chunk are written in.
#pragma once

#include <algorithm>

#include "kernels/delta_rule/chunk.h"

namespace hone::kernels {

// C = alpha op(A) op(B) + beta C.
template <Isa I, class F>
void multiply_add(Cpu<I> cpu, const Chunk<F>& chunk, F alpha, MatrixRef<F> a, Transpose ta,
                  MatrixRef<F> b, Transpose tb, F beta, MatrixRef<F> c) {
  gemm_serial(cpu, MatrixRef<const F>{a.data, a.rows, a.columns, a.stride}, ta,
              MatrixRef<const F>{b.data, b.rows, b.columns, b.stride}, tb, alpha, beta, c,
              chunk.product);
}

// sum_j a_ij b_ij of row i.
template <class F>
F row_dot(MatrixRef<F> a, MatrixRef<F> b, int64_t i) {
  const F *x = a.data + i * a.stride, *y = b.data + i * b.stride;
  F sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < a.columns; ++j) sum += x[j] * y[j];
  return sum;
}

// to_i = factor(i) * from_i for every row i; to may be from.
template <class F, class Factor>
void scale_rows(MatrixRef<F> from, MatrixRef<F> to, Factor factor) {
  for (int64_t i = 0; i < from.rows; ++i) {
    const F f = factor(i);
    for (int64_t j = 0; j < from.columns; ++j)
      to.data[i * to.stride + j] = f * from.data[i * from.stride + j];
  }
}

// Row i of `to` += factor * row i of `from`.
template <class F>
void add_row(F factor, MatrixRef<F> from, MatrixRef<F> to, int64_t i) {
  const F* x = from.data + i * from.stride;
  F* y = to.data + i * to.stride;
  for (int64_t j = 0; j < from.columns; ++j) y[j] += factor * x[j];
}

// dg_j += sum over i >= j > m of E_im, for E = dX * X and X whose (i, m) has the factor
// e^(gamma_i - gamma_m), the exponential of g_(m+1) + ... + g_i.
template <class F>
void add_decay_gradient(MatrixRef<F> dX, MatrixRef<F> X, const ChunkGrads<F>& d) {
  const int64_t n = X.rows;
  std::fill(d.crossing, d.crossing + n, F(0));  // of row i: its E_im with m < j
  for (int64_t j = 1; j < n; ++j) {
    F sum = 0;
    for (int64_t i = j; i < n; ++i) {
      d.crossing[i] += dX.data[i * dX.stride + j - 1] * X.data[i * X.stride + j - 1];
      sum += d.crossing[i];
    }
    d.dg[j] += sum;
  }
}

}  // namespace hone::kernels
