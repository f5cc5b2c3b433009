// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Stage 1 of the chunked delta rule: what a chunk writes, as if the state before it were zero (U),
// and how much of that state each row takes back (W).
//
//   A = StrictLower(diag(beta) (K K^T) * Gamma)      Tm = (I + A)^-1
//   U = Tm diag(beta) V                              W  = Tm diag(beta e^gamma) K
//
// Backward, from dU = dV' and dW, with Ru = diag(beta) V and Rw = diag(beta e^gamma) K:
//
//   dRu = Tm^T dU      dRw = Tm^T dW      dA = -StrictLower(dRu U^T + dRw W^T)      X = dA * Gamma
//   dV      = diag(beta) dRu
//   dK     += diag(beta e^gamma) dRw + diag(beta) X K + X^T diag(beta) K
//   rho_i   = e^gamma_i (dRw_i . K_i)
//   dbeta_i = dRu_i . V_i + rho_i + (X K)_i . K_i
//   dgamma_i += beta_i rho_i               dg_j += sum over i >= j > m of (dA * A)_im
#include <algorithm>
#include <cmath>

#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/delta_rule/chunk_algebra.h"
#include "kernels/gemm/tile_product.h"

namespace hone::kernels {
namespace {

// Gamma_ij is the exponential of g_(j+1) + ... + g_i. Each sum grows from the one above it, not
// from a difference of two long sums, so a strong decay early in the chunk costs later rows no
// digits. What lies above the diagonal never reaches exp, where it could overflow.
template <class F>
void set_decays(const Chunk<F>& c) {
  const int64_t n = c.n;
  F gamma = 0;
  for (int64_t i = 0; i < n; ++i) {
    gamma += c.g[i];
    c.decay[i] = exponential(gamma);
    F* row = c.Gamma.data + i * n;
    std::fill(row, row + n, F(0));
    for (int64_t j = 0; j < i; ++j) row[j] = row[j - n] + c.g[i];
  }
  for (int64_t i = 0; i < n; ++i) {
    F* row = c.Gamma.data + i * n;
    // In whole vectors: e^0 for some of what lies above the diagonal.
    const int64_t end = std::min<int64_t>(n, ceil_div(i + 1, kLanes<F>) * kLanes<F>);
#pragma omp simd
    for (int64_t j = 0; j < end; ++j) row[j] = exponential(row[j]);
    std::fill(row + i + 1, row + end, F(0));
  }
}

// A = StrictLower(diag(beta) (K K^T) * Gamma), from K K^T.
template <class F>
void weaken(const Chunk<F>& c) {
  for (int64_t i = 0; i < c.n; ++i) {
    const F beta = c.beta[i];
    F* row = c.A.data + i * c.n;
    const F* gamma = c.Gamma.data + i * c.n;
#pragma omp simd
    for (int64_t j = 0; j < i; ++j) row[j] *= beta * gamma[j];
    std::fill(row + i, row + c.n, F(0));
  }
}

// Tm = (I + A)^-1 row by row: Tm_i = e_i - sum_{j<i} A_ij Tm_j. Two vectors of Tm_i stay in registers
// while j runs: one would wait for its last multiply-add.
template <class F>
void invert(const Chunk<F>& c) {
  const int64_t n = c.n;
  for (int64_t i = 0; i < n; ++i) {
    F* row = c.Tm.data + i * n;
    const F* a = c.A.data + i * n;
    std::fill(row, row + n, F(0));
    row[i] = 1;
    int64_t m = 0;
    for (; m < i && m + 2 * kLanes<F> <= n; m += 2 * kLanes<F>) {
      Vector<F> left = load(row + m), right = load(row + m + kLanes<F>);
      const F* above = c.Tm.data + m * n + m;
      for (int64_t j = m; j < i; ++j, above += n) {
        left -= a[j] * load(above);
        right -= a[j] * load(above + kLanes<F>);
      }
      store(row + m, left);
      store(row + m + kLanes<F>, right);
    }
    for (; m < i; ++m)
      for (int64_t j = m; j < i; ++j) row[m] -= a[j] * c.Tm.data[j * n + m];
  }
}

// to = x diag(factor) for x lower triangular; to may be x.
template <class F>
void scale_columns(MatrixRef<F> x, const F* factor, MatrixRef<F> to) {
  for (int64_t i = 0; i < x.rows; ++i) {
    const F* from = x.data + i * x.stride;
    F* row = to.data + i * to.stride;
    const int64_t columns = lower_columns(i, x.rows);
#pragma omp simd
    for (int64_t j = 0; j < columns; ++j) row[j] = from[j] * factor[j];
  }
}

}  // namespace

template <Isa I, class F>
void chunk_wy(Cpu<I> cpu, const Chunk<F>& c) {
  set_decays(c);
  multiply_into_lower(cpu, c, F(1), c.K, c.K, F(0), c.A);
  weaken(c);
  invert(c);
  scale_columns(c.Tm, c.beta, c.weights);
  multiply_lower(cpu, c, F(1), c.weights, c.V, F(0), c.U);
  scale_columns(c.weights, c.decay, c.weights);
  multiply_lower(cpu, c, F(1), c.weights, c.K, F(0), c.W);
}

template <Isa I, class F>
void chunk_wy_backward(Cpu<I> cpu, const Chunk<F>& c, const ChunkGrads<F>& d) {
  const MatrixRef<F> dRu = d.rows_v, dRw = d.rows_k, X = c.weights, XK = d.rows_k;
  multiply_lower_transposed(cpu, c, F(1), c.Tm, d.dVn, F(0), dRu);
  multiply_lower_transposed(cpu, c, F(1), c.Tm, d.dW, F(0), dRw);
  multiply_into_lower(cpu, c, F(-1), dRu, c.U, F(0), d.dA);
  multiply_into_lower(cpu, c, F(-1), dRw, c.W, F(1), d.dA);
  for (int64_t i = 0; i < c.n; ++i) d.dA.data[i * c.n + i] = 0;
  apply_decays(c, d.dA, X);
  add_decay_gradient(d.dA, c.A, d);

  scale_rows(dRu, d.dV, [&](int64_t i) { return c.beta[i]; });
  for (int64_t i = 0; i < c.n; ++i) {
    const F rho = c.decay[i] * row_dot(dRw, c.K, i);
    d.dbeta[i] = row_dot(dRu, c.V, i) + rho;
    d.dgamma[i] += c.beta[i] * rho;
    add_row(c.beta[i] * c.decay[i], dRw, d.dK, i);
  }
  multiply_lower(cpu, c, F(1), X, c.K, F(0), XK);  // dRw is used up
  for (int64_t i = 0; i < c.n; ++i) {
    d.dbeta[i] += row_dot(XK, c.K, i);
    add_row(c.beta[i], XK, d.dK, i);
  }
  scale_rows(c.K, XK, [&](int64_t i) { return c.beta[i]; });  // XK is used up too
  multiply_lower_transposed(cpu, c, F(1), X, XK, F(1), d.dK);
}

template void chunk_wy(Cpu<kIsa>, const Chunk<float>&);
template void chunk_wy(Cpu<kIsa>, const Chunk<double>&);
template void chunk_wy_backward(Cpu<kIsa>, const Chunk<float>&, const ChunkGrads<float>&);
template void chunk_wy_backward(Cpu<kIsa>, const Chunk<double>&, const ChunkGrads<double>&);

}  // namespace hone::kernels
