// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The chunked form in f32 and f64, to check against, not to be fast: chunk.h and the three stages of
// the CPU (chunk_wy_cpu.cc, chunk_state_cpu.cc, chunk_output_cpu.cc have the formulas) with a block of
// threads where those have a loop. The matrices of a chunk lie in global scratch memory, one set a
// block, which the caches hold.
#pragma once

#include "kernels/core/cuda/reduce.cuh"
#include "kernels/delta_rule/delta_rule.h"

namespace hone::kernels::delta_simt {

constexpr int kThreads = 256;
constexpr int64_t kChunk = kDeltaChunk;

// A row-major matrix.
template <class F>
struct Matrix {
  F* data;
  int64_t rows, columns;
  __device__ F& at(int64_t i, int64_t j) const { return data[i * columns + j]; }
};

// f(i) for i in [0, n), spread over the block; all of it is done when this returns.
template <class Fn>
__device__ void each(int64_t n, Fn f) {
  for (int64_t i = threadIdx.x; i < n; i += kThreads) f(i);
  __syncthreads();  // what f wrote is there for everybody
}
template <class F, class Fn>
__device__ void each_element(Matrix<F> m, Fn f) {
  each(m.rows * m.columns, [&](int64_t at) { f(at / m.columns, at % m.columns); });
}

// C = alpha op(A) op(B) + beta C; a transposed operand is read by columns.
template <class F>
__device__ void multiply_add(F alpha, Matrix<F> a, bool ta, Matrix<F> b, bool tb, F beta,
                             Matrix<F> c) {
  const int64_t K = ta ? a.rows : a.columns;
  each_element(c, [&](int64_t i, int64_t j) {
    F sum = 0;
    for (int64_t k = 0; k < K; ++k)
      sum += (ta ? a.at(k, i) : a.at(i, k)) * (tb ? b.at(j, k) : b.at(k, j));
    c.at(i, j) = beta == F(0) ? alpha * sum : alpha * sum + beta * c.at(i, j);
  });
}

template <class F>
__device__ F row_dot(Matrix<F> a, Matrix<F> b, int64_t i) {
  F sum = 0;
  for (int64_t j = 0; j < a.columns; ++j) sum += a.at(i, j) * b.at(i, j);
  return sum;
}

// Parts of one buffer; counts only when there is no buffer yet.
template <class F>
struct Parts {
  F* base;
  int64_t used = 0;

  __host__ __device__ F* vector(int64_t n) {
    F* const part = base ? base + used : nullptr;
    used += (n + 31) / 32 * 32;
    return part;
  }
  __host__ __device__ Matrix<F> matrix(int64_t rows, int64_t columns) {
    return {vector(rows * columns), rows, columns};
  }
};

// As Chunk and ChunkGrads of chunk.h. Sizes are those of a whole chunk; set_rows says how many count.
template <class F>
struct Chunk {
  F *beta, *g, *decay;
  Matrix<F> Q, K, V, Gamma, A, Tm, U, W, Kt, Vn, P, weights;
  Matrix<F> dO, dQ, dK, dV, dVn, dW, dA, rows_k, rows_v;
  F *dgamma, *dg, *dbeta;
  int64_t n = kChunk;

  __host__ __device__ Chunk(Parts<F>& parts, int64_t Dk, int64_t Dv) {
    for (F** v : {&beta, &g, &decay, &dgamma, &dg, &dbeta}) *v = parts.vector(kChunk);
    for (Matrix<F>* m : {&Q, &K, &W, &Kt, &dQ, &dK, &dW, &rows_k}) *m = parts.matrix(kChunk, Dk);
    for (Matrix<F>* m : {&V, &U, &Vn, &dO, &dV, &dVn, &rows_v}) *m = parts.matrix(kChunk, Dv);
    for (Matrix<F>* m : {&Gamma, &A, &Tm, &P, &weights, &dA}) *m = parts.matrix(kChunk, kChunk);
  }
  __device__ void set_rows(int64_t rows) {
    n = rows;
    for (Matrix<F>* m :
         {&Q, &K, &W, &Kt, &dQ, &dK, &dW, &rows_k, &V, &U, &Vn, &dO, &dV, &dVn, &rows_v})
      m->rows = n;
    for (Matrix<F>* m : {&Gamma, &A, &Tm, &P, &weights, &dA}) *m = {m->data, n, n};
  }
  __device__ F to_end(int64_t i) const { return Gamma.at(n - 1, i); }
};

// Gamma, decay, A, Tm, U and W from Q, K, V, beta and g.
template <class F>
__device__ void chunk_wy(const Chunk<F>& c) {
  const int64_t n = c.n;
  each(n, [&](int64_t j) {  // column j of Gamma: sums that grow row by row
    F sum = 0;
    for (int64_t i = 0; i < j; ++i) c.Gamma.at(i, j) = 0;
    c.Gamma.at(j, j) = 1;
    for (int64_t i = j + 1; i < n; ++i) {
      sum += c.g[i];
      c.Gamma.at(i, j) = exp(sum);
    }
    F gamma = 0;
    for (int64_t i = 0; i <= j; ++i) gamma += c.g[i];
    c.decay[j] = exp(gamma);
  });
  multiply_add(F(1), c.K, false, c.K, true, F(0), c.A);
  each_element(c.A, [&](int64_t i, int64_t j) {
    c.A.at(i, j) = j < i ? c.beta[i] * c.A.at(i, j) * c.Gamma.at(i, j) : F(0);
  });
  each(n, [&](int64_t m) {  // column m of Tm = (I + A)^-1
    for (int64_t i = 0; i < n; ++i) {
      F x = i == m ? F(1) : F(0);
      for (int64_t j = m; j < i; ++j) x -= c.A.at(i, j) * c.Tm.at(j, m);
      c.Tm.at(i, m) = i < m ? F(0) : x;
    }
  });
  each_element(c.Tm, [&](int64_t i, int64_t j) { c.weights.at(i, j) = c.Tm.at(i, j) * c.beta[j]; });
  multiply_add(F(1), c.weights, false, c.V, false, F(0), c.U);
  each_element(c.Tm, [&](int64_t i, int64_t j) {
    c.weights.at(i, j) = c.Tm.at(i, j) * (c.beta[j] * c.decay[j]);
  });
  multiply_add(F(1), c.weights, false, c.K, false, F(0), c.W);
}

template <class F>
__device__ void chunk_new_values(const Chunk<F>& c, Matrix<F> S) {
  each_element(c.K, [&](int64_t i, int64_t j) { c.Kt.at(i, j) = c.to_end(i) * c.K.at(i, j); });
  each_element(c.U, [&](int64_t i, int64_t j) { c.Vn.at(i, j) = c.U.at(i, j); });
  multiply_add(F(-1), c.W, false, S, false, F(1), c.Vn);
}

template <class F>
__device__ void chunk_next_state(const Chunk<F>& c, Matrix<F> S) {
  multiply_add(F(1), c.Kt, true, c.Vn, false, c.decay[c.n - 1], S);
}

template <class F>
__device__ void chunk_scores(const Chunk<F>& c) {
  multiply_add(F(1), c.Q, false, c.K, true, F(0), c.P);
  each_element(c.P, [&](int64_t i, int64_t j) { c.P.at(i, j) *= c.Gamma.at(i, j); });
}

template <class F>
__device__ void chunk_output(const Chunk<F>& c, Matrix<F> S, Matrix<F> O) {
  multiply_add(F(1), c.Q, false, S, false, F(0), O);
  each_element(O, [&](int64_t i, int64_t j) { O.at(i, j) *= c.decay[i]; });
  multiply_add(F(1), c.P, false, c.Vn, false, F(1), O);
}

// dg_j += sum over i >= j > m of (dX * X)_im.
template <class F>
__device__ void add_decay_gradient(Matrix<F> dX, Matrix<F> X, const Chunk<F>& c) {
  each(c.n, [&](int64_t j) {
    F sum = 0;
    for (int64_t i = j; i < c.n; ++i)
      for (int64_t m = 0; m < j; ++m) sum += dX.at(i, m) * X.at(i, m);
    c.dg[j] += sum;
  });
}

template <class F>
__device__ void chunk_output_backward(const Chunk<F>& c, Matrix<F> S) {
  const Matrix<F> from_state = c.rows_k, dP = c.dA, dPGamma = c.weights;
  multiply_add(F(1), c.dO, false, S, true, F(0), from_state);
  each(c.n, [&](int64_t i) {
    c.dgamma[i] = c.decay[i] * row_dot(from_state, c.Q, i);
    c.dg[i] = 0;
    for (int64_t j = 0; j < c.dQ.columns; ++j) c.dQ.at(i, j) += c.decay[i] * from_state.at(i, j);
  });
  multiply_add(F(1), c.dO, false, c.Vn, true, F(0), dP);
  add_decay_gradient(dP, c.P, c);
  each_element(dP,
               [&](int64_t i, int64_t j) { dPGamma.at(i, j) = dP.at(i, j) * c.Gamma.at(i, j); });
  multiply_add(F(1), dPGamma, false, c.K, false, F(1), c.dQ);
  multiply_add(F(1), dPGamma, true, c.Q, false, F(1), c.dK);
  multiply_add(F(1), c.P, true, c.dO, false, F(0), c.dVn);
}

template <class F>
__device__ void chunk_state_backward(const Chunk<F>& c, Matrix<F> S, Matrix<F> dS) {
  const Matrix<F> from_state = c.rows_v;
  const F decay = c.decay[c.n - 1];  // of the whole chunk
  multiply_add(F(1), c.Kt, false, dS, false, F(0), from_state);
  F part = 0;  // of <dS_next, S>
  for (int64_t i = threadIdx.x; i < S.rows * S.columns; i += kThreads)
    part += dS.data[i] * S.data[i];
  const F kept = decay * block_sum(part);
  each(c.n, [&](int64_t i) { c.dbeta[i] = row_dot(from_state, c.Vn, i); });  // dbeta is free yet
  each(c.n, [&](int64_t j) {
    F sum = kept;
    for (int64_t i = 0; i < j; ++i) sum += c.dbeta[i];
    c.dg[j] += sum;
  });
  each_element(c.dVn, [&](int64_t i, int64_t j) { c.dVn.at(i, j) += from_state.at(i, j); });
  multiply_add(F(1), c.Vn, false, dS, true, F(0), c.rows_k);
  each_element(c.dK,
               [&](int64_t i, int64_t j) { c.dK.at(i, j) += c.to_end(i) * c.rows_k.at(i, j); });
  multiply_add(F(-1), c.dVn, false, S, true, F(0), c.dW);
  each_element(c.Q, [&](int64_t i, int64_t j) { c.rows_k.at(i, j) = c.decay[i] * c.Q.at(i, j); });
  multiply_add(F(1), c.rows_k, true, c.dO, false, decay, dS);
  multiply_add(F(-1), c.W, true, c.dVn, false, F(1), dS);
}

template <class F>
__device__ void chunk_wy_backward(const Chunk<F>& c) {
  const Matrix<F> dRu = c.rows_v, dRw = c.rows_k, X = c.weights, XK = c.rows_k;
  multiply_add(F(1), c.Tm, true, c.dVn, false, F(0), dRu);
  multiply_add(F(1), c.Tm, true, c.dW, false, F(0), dRw);
  multiply_add(F(-1), dRu, false, c.U, true, F(0), c.dA);
  multiply_add(F(-1), dRw, false, c.W, true, F(1), c.dA);
  each_element(c.dA, [&](int64_t i, int64_t j) {
    if (j >= i) c.dA.at(i, j) = 0;
    X.at(i, j) = c.dA.at(i, j) * c.Gamma.at(i, j);
  });
  add_decay_gradient(c.dA, c.A, c);
  each(c.n, [&](int64_t i) {
    const F rho = c.decay[i] * row_dot(dRw, c.K, i);
    c.dbeta[i] = row_dot(dRu, c.V, i) + rho;
    c.dgamma[i] += c.beta[i] * rho;
    for (int64_t j = 0; j < c.dV.columns; ++j) c.dV.at(i, j) = c.beta[i] * dRu.at(i, j);
    for (int64_t j = 0; j < c.dK.columns; ++j)
      c.dK.at(i, j) += c.beta[i] * c.decay[i] * dRw.at(i, j);
  });
  multiply_add(F(1), X, false, c.K, false, F(0), XK);  // dRw is used up
  each(c.n, [&](int64_t i) {
    c.dbeta[i] += row_dot(XK, c.K, i);
    for (int64_t j = 0; j < c.dK.columns; ++j) c.dK.at(i, j) += c.beta[i] * XK.at(i, j);
  });
  each_element(X, [&](int64_t i, int64_t j) { X.at(i, j) *= c.beta[i]; });
  multiply_add(F(1), X, true, c.K, false, F(1), c.dK);
}

}  // namespace hone::kernels::delta_simt
