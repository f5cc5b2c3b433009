// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The chunked form on the CPU: one chunk of one value head, and its three stages.
// The letters are those of delta_rule.h. F = float or double.
#pragma once

#include <algorithm>

#include "kernels/core/scratch.h"
#include "kernels/delta_rule/delta_rule.h"
#include "kernels/gemm/gemm.h"

namespace hone::kernels {

template <class F>
MatrixRef<F> matrix(Scratch<F>& scratch, int64_t rows, int64_t columns) {
  return {scratch.vector(rows * columns), rows, columns, columns};
}

// Scratch of the products in a chunk and of it with the state.
template <class F>
constexpr int64_t chunk_product_scratch(int64_t Dk, int64_t Dv) {
  const int64_t most = std::max({kDeltaChunk, Dk, Dv});
  return gemm_scratch<F>(most, most, most);
}

// A chunk's inputs and everything its stages compute from them.
template <class F>
struct Chunk {
  Chunk(Scratch<F>& scratch, int64_t rows, int64_t Dk, int64_t Dv)
      : n(rows),
        beta(scratch.vector(n)),
        g(scratch.vector(n)),
        decay(scratch.vector(n)),
        Q(matrix(scratch, n, Dk)),
        K(matrix(scratch, n, Dk)),
        V(matrix(scratch, n, Dv)),
        Gamma(matrix(scratch, n, n)),
        A(matrix(scratch, n, n)),
        Tm(matrix(scratch, n, n)),
        U(matrix(scratch, n, Dv)),
        W(matrix(scratch, n, Dk)),
        Kt(matrix(scratch, n, Dk)),
        Vn(matrix(scratch, n, Dv)),
        P(matrix(scratch, n, n)),
        weights(matrix(scratch, n, n)),
        product(scratch.vector(chunk_product_scratch<F>(Dk, Dv))) {}

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
  F* product;            // scratch of the matrix products
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
      : dO(matrix(scratch, n, Dv)),
        dQ(matrix(scratch, n, Dk)),
        dK(matrix(scratch, n, Dk)),
        dV(matrix(scratch, n, Dv)),
        dVn(matrix(scratch, n, Dv)),
        dW(matrix(scratch, n, Dk)),
        dgamma(scratch.vector(n)),
        dg(scratch.vector(n)),
        crossing(scratch.vector(n)),
        dbeta(scratch.vector(n)),
        dA(matrix(scratch, n, n)),
        rows_k(matrix(scratch, n, Dk)),
        rows_v(matrix(scratch, n, Dv)) {}

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

}  // namespace hone::kernels
