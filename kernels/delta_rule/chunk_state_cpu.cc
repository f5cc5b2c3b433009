// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Stage 2 of the chunked delta rule: what a chunk really writes, given the state S before it, and
// the state after it.
//
//   V'  = U - W S          S_next = e^gamma_n S + Kt^T V'          Kt = diag(e^(gamma_n - gamma)) K
//
// Backward, from dV' as the output left it and dS_next:
//
//   dV' += Kt dS_next              c_i = (Kt dS_next)_i . V'_i
//   dK  += diag(e^(gamma_n - gamma)) V' dS_next^T
//   dW   = -dV' S^T
//   dg_j += e^gamma_n <dS_next, S> + sum over i < j of c_i
//   dS   = e^gamma_n dS_next + (diag(e^gamma) Q)^T dO - W^T dV'
#include "kernels/core/isa.h"
#include "kernels/delta_rule/chunk_algebra.h"
#include "kernels/delta_rule/operands.h"

namespace hone::kernels {

template <Isa I, class F>
void chunk_new_values(Cpu<I> cpu, const Chunk<F>& c, MatrixRef<F> S) {
  scale_rows(c.K, c.Kt, [&](int64_t i) { return c.to_end(i); });
  copy_scaled(c.U, F(1), c.Vn);
  multiply_add(cpu, c, F(-1), c.W, Transpose::no, S, Transpose::no, F(1), c.Vn);
}

template <Isa I, class F>
void chunk_next_state(Cpu<I> cpu, const Chunk<F>& c, MatrixRef<F> S) {
  multiply_add(cpu, c, F(1), c.Kt, Transpose::yes, c.Vn, Transpose::no, c.decay[c.n - 1], S);
}

template <Isa I, class F>
void chunk_state_backward(Cpu<I> cpu, const Chunk<F>& c, MatrixRef<F> S, MatrixRef<F> dS,
                          const ChunkGrads<F>& d) {
  const MatrixRef<F> from_state = d.rows_v;
  const F decay = c.decay[c.n - 1];  // of the whole chunk
  multiply_add(cpu, c, F(1), c.Kt, Transpose::no, dS, Transpose::no, F(0), from_state);
  F kept = 0;  // <dS_next, what is left of S and of the rows written before this one>
  for (int64_t i = 0; i < S.rows; ++i) kept += row_dot(dS, S, i);
  kept *= decay;
  for (int64_t i = 0; i < c.n; ++i) {
    d.dg[i] += kept;
    kept += row_dot(from_state, c.Vn, i);
    add_row(F(1), from_state, d.dVn, i);
  }

  multiply_add(cpu, c, F(1), c.Vn, Transpose::no, dS, Transpose::yes, F(0), d.rows_k);
  for (int64_t i = 0; i < c.n; ++i) add_row(c.to_end(i), d.rows_k, d.dK, i);
  multiply_add(cpu, c, F(-1), d.dVn, Transpose::no, S, Transpose::yes, F(0), d.dW);

  scale_rows(c.Q, d.rows_k, [&](int64_t i) { return c.decay[i]; });
  multiply_add(cpu, c, F(1), d.rows_k, Transpose::yes, d.dO, Transpose::no, decay, dS);
  multiply_add(cpu, c, F(-1), c.W, Transpose::yes, d.dVn, Transpose::no, F(1), dS);
}

template void chunk_new_values(Cpu<kIsa>, const Chunk<float>&, MatrixRef<float>);
template void chunk_new_values(Cpu<kIsa>, const Chunk<double>&, MatrixRef<double>);
template void chunk_next_state(Cpu<kIsa>, const Chunk<float>&, MatrixRef<float>);
template void chunk_next_state(Cpu<kIsa>, const Chunk<double>&, MatrixRef<double>);
template void chunk_state_backward(Cpu<kIsa>, const Chunk<float>&, MatrixRef<float>,
                                   MatrixRef<float>, const ChunkGrads<float>&);
template void chunk_state_backward(Cpu<kIsa>, const Chunk<double>&, MatrixRef<double>,
                                   MatrixRef<double>, const ChunkGrads<double>&);

}  // namespace hone::kernels
