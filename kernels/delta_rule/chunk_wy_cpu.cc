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

// to = Tm with column j times factor(j).
template <class F, class Factor>
void scale_columns(const Chunk<F>& c, MatrixRef<F> to, Factor factor) {
  for (int64_t i = 0; i < c.n; ++i)
    for (int64_t j = 0; j < c.n; ++j) to.data[i * c.n + j] = c.Tm.data[i * c.n + j] * factor(j);
}

}  // namespace

template <Isa I, class F>
void chunk_wy(Cpu<I> cpu, const Chunk<F>& c) {
  set_decays(c);
  multiply_add(cpu, c, F(1), c.K, Transpose::no, c.K, Transpose::yes, F(0), c.A);
  weaken(c);
  invert(c);
  scale_columns(c, c.weights, [&](int64_t j) { return c.beta[j]; });
  multiply_add(cpu, c, F(1), c.weights, Transpose::no, c.V, Transpose::no, F(0), c.U);
  scale_columns(c, c.weights, [&](int64_t j) { return c.beta[j] * c.decay[j]; });
  multiply_add(cpu, c, F(1), c.weights, Transpose::no, c.K, Transpose::no, F(0), c.W);
}

template <Isa I, class F>
void chunk_wy_backward(Cpu<I> cpu, const Chunk<F>& c, const ChunkGrads<F>& d) {
  const MatrixRef<F> dRu = d.rows_v, dRw = d.rows_k, X = c.weights, XK = d.rows_k;
  multiply_add(cpu, c, F(1), c.Tm, Transpose::yes, d.dVn, Transpose::no, F(0), dRu);
  multiply_add(cpu, c, F(1), c.Tm, Transpose::yes, d.dW, Transpose::no, F(0), dRw);
  multiply_add(cpu, c, F(-1), dRu, Transpose::no, c.U, Transpose::yes, F(0), d.dA);
  multiply_add(cpu, c, F(-1), dRw, Transpose::no, c.W, Transpose::yes, F(1), d.dA);
  for (int64_t i = 0; i < c.n; ++i)
    for (int64_t j = 0; j < c.n; ++j) {
      const int64_t at = i * c.n + j;
      if (j >= i) d.dA.data[at] = 0;
      X.data[at] = d.dA.data[at] * c.Gamma.data[at];
    }
  add_decay_gradient(d.dA, c.A, d);

  scale_rows(dRu, d.dV, [&](int64_t i) { return c.beta[i]; });
  for (int64_t i = 0; i < c.n; ++i) {
    const F rho = c.decay[i] * row_dot(dRw, c.K, i);
    d.dbeta[i] = row_dot(dRu, c.V, i) + rho;
    d.dgamma[i] += c.beta[i] * rho;
    add_row(c.beta[i] * c.decay[i], dRw, d.dK, i);
  }
  multiply_add(cpu, c, F(1), X, Transpose::no, c.K, Transpose::no, F(0), XK);  // dRw is used up
  for (int64_t i = 0; i < c.n; ++i) {
    d.dbeta[i] += row_dot(XK, c.K, i);
    add_row(c.beta[i], XK, d.dK, i);
  }
  scale_rows(X, X, [&](int64_t i) { return c.beta[i]; });
  multiply_add(cpu, c, F(1), X, Transpose::yes, c.K, Transpose::no, F(1), d.dK);
}

template void chunk_wy(Cpu<kIsa>, const Chunk<float>&);
template void chunk_wy(Cpu<kIsa>, const Chunk<double>&);
template void chunk_wy_backward(Cpu<kIsa>, const Chunk<float>&, const ChunkGrads<float>&);
template void chunk_wy_backward(Cpu<kIsa>, const Chunk<double>&, const ChunkGrads<double>&);

}  // namespace hone::kernels
