// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The chunked form on the CPU: one chunk of one value head, and its three stages.
// The letters are those of delta_rule.h. F = float or double.
#pragma once

#include <algorithm>

#include "kernels/delta_rule/delta_rule.h"
#include "kernels/delta_rule/scratch.h"
#include "kernels/gemm/gemm.h"

namespace hone::kernels {

// A chunk's inputs and everything its stages compute from them.
template <class F>
struct Chunk {
  Chunk(Scratch<F>& scratch, int64_t rows, int64_t Dk, int64_t Dv)
      : n(rows),
        beta(scratch.vector(n)),
        g(scratch.vector(n)),
        decay(scratch.vector(n)),
        Q(scratch.matrix(n, Dk)),
        K(scratch.matrix(n, Dk)),
        V(scratch.matrix(n, Dv)),
        Gamma(scratch.matrix(n, n)),
        A(scratch.matrix(n, n)),
        Tm(scratch.matrix(n, n)),
        U(scratch.matrix(n, Dv)),
        W(scratch.matrix(n, Dk)),
        Kt(scratch.matrix(n, Dk)),
        Vn(scratch.matrix(n, Dv)),
        P(scratch.matrix(n, n)),
        weights(scratch.matrix(n, n)) {}

  // e^(gamma_n - gamma_i): the decay from row i to the end of the chunk.
  F to_end(int64_t i) const { return Gamma.data[(n - 1) * n + i]; }

  int64_t n;
  F *beta, *g;           // [n] inputs
  F* decay;              // [n] e^gamma
  MatrixRef<F> Q, K, V;  // inputs, Q scaled
  MatrixRef<F> Gamma, A, Tm, U, W;
  MatrixRef<F> Kt, Vn;  // Vn = V'
  MatrixRef<F> P;
  MatrixRef<F> weights;  // [n, n] temporary
};

// Gradients of a chunk. Stages run last to first; each adds its part to dQ, dK, dgamma and dg. dQ
// and dK start at zero.
//
// The gradient of g_j is the sum of dgamma_i over i >= j, but what has a factor e^(gamma_i -
// gamma_j) gives dgamma_i a term and takes the same from dgamma_j. Under strong decay these are
// O(1) and the sum is tiny: nothing but rounding would be left. Such terms are therefore added to
// dg for the j between the two rows, where alone they count, and never subtracted.
template <class F>
struct ChunkGrads {
  ChunkGrads(Scratch<F>& scratch, int64_t n, int64_t Dk, int64_t Dv)
      : dO(scratch.matrix(n, Dv)),
        dQ(scratch.matrix(n, Dk)),
        dK(scratch.matrix(n, Dk)),
        dV(scratch.matrix(n, Dv)),
        dVn(scratch.matrix(n, Dv)),
        dW(scratch.matrix(n, Dk)),
        dgamma(scratch.vector(n)),
        dg(scratch.vector(n)),
        crossing(scratch.vector(n)),
        dbeta(scratch.vector(n)),
        dA(scratch.matrix(n, n)),
        rows_k(scratch.matrix(n, Dk)),
        rows_v(scratch.matrix(n, Dv)) {}

  MatrixRef<F> dO;      // input
  MatrixRef<F> dQ, dK;  // sums over the value heads of a key head
  MatrixRef<F> dV;
  MatrixRef<F> dVn, dW;         // dVn = dV'
  F *dgamma, *dg;               // [n]: what acts through one gamma, and through pairs of them
  F* crossing;                  // [n] temporary
  F* dbeta;                     // [n]
  MatrixRef<F> dA;              // [n, n]: of A, or of P
  MatrixRef<F> rows_k, rows_v;  // temporaries
};

// The stages. S [Dk, Dv] is the state before the chunk.

// Gamma, decay, A, Tm, U and W from Q, K, V, beta and g.
template <Isa I, class F>
void chunk_wy(Cpu<I>, const Chunk<F>& c);
// Vn and Kt from U, W, K and S.
template <Isa I, class F>
void chunk_new_values(Cpu<I>, const Chunk<F>& c, MatrixRef<F> S);
// S <- S_next.
template <Isa I, class F>
void chunk_next_state(Cpu<I>, const Chunk<F>& c, MatrixRef<F> S);
// P from Q, K and Gamma.
template <Isa I, class F>
void chunk_scores(Cpu<I>, const Chunk<F>& c);
// O [n, Dv] from Q, S, P and Vn.
template <Isa I, class F>
void chunk_output(Cpu<I>, const Chunk<F>& c, MatrixRef<F> S, MatrixRef<F> O);

// Sets dVn, dgamma and dg. The gradient that reaches S through the output is left to the next one.
template <Isa I, class F>
void chunk_output_backward(Cpu<I>, const Chunk<F>& c, MatrixRef<F> S, const ChunkGrads<F>& d);
// dS holds the gradient of S_next before and that of S after. Sets dW, adds to dVn.
template <Isa I, class F>
void chunk_state_backward(Cpu<I>, const Chunk<F>& c, MatrixRef<F> S, MatrixRef<F> dS,
                          const ChunkGrads<F>& d);
// Sets dV and dbeta.
template <Isa I, class F>
void chunk_wy_backward(Cpu<I>, const Chunk<F>& c, const ChunkGrads<F>& d);

// C = alpha op(A) op(B) + beta C.
template <Isa I, class F>
void multiply_add(Cpu<I> cpu, F alpha, MatrixRef<F> a, Transpose ta, MatrixRef<F> b, Transpose tb,
                  F beta, MatrixRef<F> c) {
  gemm_serial(cpu, MatrixRef<const F>{a.data, a.rows, a.columns, a.stride}, ta,
              MatrixRef<const F>{b.data, b.rows, b.columns, b.stride}, tb, alpha, beta, c);
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
