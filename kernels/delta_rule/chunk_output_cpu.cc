// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Stage 3 of the chunked delta rule: what the chunk's rows read, from the state before it and from
// the rows above them.
//
//   P = Lower((Q K^T) * Gamma)          O = diag(e^gamma) Q S + P V'
//
// Backward, from dO:
//
//   dV' = P^T dO                        dP = Lower(dO V'^T)
//   dQ += diag(e^gamma) dO S^T + (dP * Gamma) K
//   dK += (dP * Gamma)^T Q
//   dgamma_i = e^gamma_i (dO S^T)_i . Q_i          dg_j = sum over i >= j > m of (dP * P)_im
#include "kernels/core/isa.h"
#include "kernels/delta_rule/chunk_algebra.h"

namespace hone::kernels {

template <Isa I, class F>
void chunk_scores(Cpu<I> cpu, const Chunk<F>& c) {
  multiply_into_lower(cpu, c, F(1), c.Q, c.K, F(0), c.P);
  apply_decays(c, c.P, c.P);
}

template <Isa I, class F>
void chunk_output(Cpu<I> cpu, const Chunk<F>& c, MatrixRef<F> S, MatrixRef<F> O) {
  multiply_add(cpu, c, F(1), c.Q, Transpose::no, S, Transpose::no, F(0), O);
  scale_rows(O, O, [&](int64_t i) { return c.decay[i]; });
  multiply_lower(cpu, c, F(1), c.P, c.Vn, F(1), O);
}

template <Isa I, class F>
void chunk_output_backward(Cpu<I> cpu, const Chunk<F>& c, MatrixRef<F> S, const ChunkGrads<F>& d) {
  const MatrixRef<F> from_state = d.rows_k, dP = d.dA, dPGamma = c.weights;
  multiply_add(cpu, c, F(1), d.dO, Transpose::no, S, Transpose::yes, F(0), from_state);
  for (int64_t i = 0; i < c.n; ++i) {
    d.dgamma[i] = c.decay[i] * row_dot(from_state, c.Q, i);
    add_row(c.decay[i], from_state, d.dQ, i);
  }
  multiply_into_lower(cpu, c, F(1), d.dO, c.Vn, F(0), dP);
  std::fill(d.dg, d.dg + c.n, F(0));
  add_decay_gradient(dP, c.P, d);
  apply_decays(c, dP, dPGamma);
  multiply_lower(cpu, c, F(1), dPGamma, c.K, F(1), d.dQ);
  multiply_lower_transposed(cpu, c, F(1), dPGamma, c.Q, F(1), d.dK);
  multiply_lower_transposed(cpu, c, F(1), c.P, d.dO, F(0), d.dVn);
}

template void chunk_scores(Cpu<kIsa>, const Chunk<float>&);
template void chunk_scores(Cpu<kIsa>, const Chunk<double>&);
template void chunk_output(Cpu<kIsa>, const Chunk<float>&, MatrixRef<float>, MatrixRef<float>);
template void chunk_output(Cpu<kIsa>, const Chunk<double>&, MatrixRef<double>, MatrixRef<double>);
template void chunk_output_backward(Cpu<kIsa>, const Chunk<float>&, MatrixRef<float>,
                                    const ChunkGrads<float>&);
template void chunk_output_backward(Cpu<kIsa>, const Chunk<double>&, MatrixRef<double>,
                                    const ChunkGrads<double>&);

}  // namespace hone::kernels
