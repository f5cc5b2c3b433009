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

// Half of what a chunk's rows know of each other lies above the diagonal and is zero. A matrix [n, n]
// that is lower triangular has its products in blocks of rows; what lies right of the block on the
// diagonal is neither read nor written.
inline constexpr int64_t kTriangleBlock = kDeltaChunk / 2;

// Calls f(r, e) for the blocks of rows [r, e) of n.
template <class F>
void for_each_block(int64_t n, F&& f) {
  for (int64_t r = 0; r < n; r += kTriangleBlock) f(r, std::min(r + kTriangleBlock, n));
}

// Columns of row i of [n, n] up to the end of the block on the diagonal.
inline int64_t lower_columns(int64_t i, int64_t n) {
  return std::min((i / kTriangleBlock + 1) * kTriangleBlock, n);
}

// Rows [r, r_end) and columns [c, c_end) of x.
template <class F>
MatrixRef<F> part(MatrixRef<F> x, int64_t r, int64_t r_end, int64_t c, int64_t c_end) {
  return {x.data + r * x.stride + c, r_end - r, c_end - c, x.stride};
}
template <class F>
MatrixRef<F> rows_from(MatrixRef<F> x, int64_t r, int64_t r_end) {
  return part(x, r, r_end, 0, x.columns);
}

// L = alpha A B^T + beta L, for L lower triangular.
template <Isa I, class F>
void multiply_into_lower(Cpu<I> cpu, const Chunk<F>& chunk, F alpha, MatrixRef<F> a, MatrixRef<F> b,
                         F beta, MatrixRef<F> L) {
  for_each_block(L.rows, [&](int64_t r, int64_t e) {
    multiply_add(cpu, chunk, alpha, rows_from(a, r, a.rows), Transpose::no, rows_from(b, r, e),
                 Transpose::yes, beta, part(L, r, L.rows, r, e));
  });
}

// C = alpha L B + beta C.
template <Isa I, class F>
void multiply_lower(Cpu<I> cpu, const Chunk<F>& chunk, F alpha, MatrixRef<F> L, MatrixRef<F> b,
                    F beta, MatrixRef<F> c) {
  for_each_block(L.rows, [&](int64_t r, int64_t e) {
    multiply_add(cpu, chunk, alpha, part(L, r, e, 0, e), Transpose::no, rows_from(b, 0, e),
                 Transpose::no, beta, rows_from(c, r, e));
  });
}

// C = alpha L^T B + beta C.
template <Isa I, class F>
void multiply_lower_transposed(Cpu<I> cpu, const Chunk<F>& chunk, F alpha, MatrixRef<F> L,
                               MatrixRef<F> b, F beta, MatrixRef<F> c) {
  for_each_block(L.rows, [&](int64_t r, int64_t e) {
    multiply_add(cpu, chunk, alpha, part(L, r, L.rows, r, e), Transpose::yes,
                 rows_from(b, r, b.rows), Transpose::no, beta, rows_from(c, r, e));
  });
}

// to = x * Gamma for x lower triangular; to may be x.
template <class F>
void apply_decays(const Chunk<F>& c, MatrixRef<F> x, MatrixRef<F> to) {
  for (int64_t i = 0; i < c.n; ++i) {
    const F *from = x.data + i * x.stride, *gamma = c.Gamma.data + i * c.n;
    F* row = to.data + i * to.stride;
    const int64_t columns = lower_columns(i, c.n);
#pragma omp simd
    for (int64_t j = 0; j < columns; ++j) row[j] = from[j] * gamma[j];
  }
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
