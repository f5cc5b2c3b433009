// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The chunked delta rule: walks each document chunk by chunk through the three stages.
#include <algorithm>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/delta_rule/chunk.h"
#include "kernels/delta_rule/operands.h"
#include "kernels/delta_rule/scratch.h"

namespace hone::kernels {
namespace {

// Rows [begin, begin + c.n) of value head h.
template <class T, class F>
void load(const DeltaRuleInput& in, const DeltaSizes& z, int64_t h, int64_t begin,
          const Chunk<F>& c) {
  copy_scaled(head_rows<T>(in.q, h / z.G, begin, c.n), query_scale<F>(z), c.Q);
  copy_scaled(head_rows<T>(in.k, h / z.G, begin, c.n), F(1), c.K);
  copy_scaled(head_rows<T>(in.v, h, begin, c.n), F(1), c.V);
  for (int64_t i = 0; i < c.n; ++i) {
    c.g[i] = in.g.data<F>()[(begin + i) * z.Hv + h];
    c.beta[i] = in.beta.data<F>()[(begin + i) * z.Hv + h];
  }
}

template <class F>
struct ForwardScratch {
  ForwardScratch(Scratch<F>& scratch, const DeltaSizes& z)
      : S(scratch.matrix(z.Dk, z.Dv)), O(scratch.matrix(kDeltaChunk, z.Dv)) {}
  MatrixRef<F> S, O;
};

template <class T, Isa I>
void forward_head(Cpu<I> cpu, const DeltaRuleInput& in, const DeltaSizes& z, int64_t s, int64_t h,
                  const DeltaRuleOutput& out, Scratch<acc_t<T>> scratch) {
  using F = acc_t<T>;
  const auto [S, rows] = ForwardScratch<F>(scratch, z);
  load_state(in.initial_state, s, h, S);
  const Document document = z.document(in, s);
  for (int64_t t = document.begin; t < document.end; t += kDeltaChunk) {
    const int64_t n = std::min(kDeltaChunk, document.end - t);
    Scratch<F> rest = scratch;
    const Chunk<F> c(rest, n, z.Dk, z.Dv);
    const MatrixRef<F> O{rows.data, n, z.Dv, z.Dv};
    load<T>(in, z, h, t, c);
    chunk_wy(cpu, c);
    chunk_new_values(cpu, c, S);
    chunk_scores(cpu, c);
    chunk_output(cpu, c, S, O);
    copy_scaled(O, F(1), head_rows<T>(out.o, h, t, n));
    chunk_next_state(cpu, c, S);
  }
  store_state(S, out.final_state, s, h);
}

// The states of G value heads at the start of every chunk of a document, and their gradients.
template <class F>
struct BackwardScratch {
  BackwardScratch(Scratch<F>& scratch, const DeltaSizes& z)
      : G(z.G),
        Dk(z.Dk),
        Dv(z.Dv),
        stride((Dk * Dv + 15) / 16 * 16),
        states(scratch.vector((z.N + kDeltaChunk - 1) / kDeltaChunk * G * stride)),
        gradients(scratch.vector(G * stride)) {}

  MatrixRef<F> state(int64_t chunk, int64_t i) const {
    return {states + (chunk * G + i) * stride, Dk, Dv, Dv};
  }
  MatrixRef<F> gradient(int64_t i) const { return {gradients + i * stride, Dk, Dv, Dv}; }

  int64_t G, Dk, Dv, stride;
  F *states, *gradients;
};

// Fills b.state for value head `i` of the group of key head hk.
template <class T, Isa I>
void compute_states(Cpu<I> cpu, const DeltaRuleInput& in, const DeltaSizes& z, int64_t s,
                    int64_t hk, int64_t i, const BackwardScratch<acc_t<T>>& b,
                    Scratch<acc_t<T>> scratch) {
  using F = acc_t<T>;
  const Document document = z.document(in, s);
  const int64_t h = hk * z.G + i;
  load_state(in.initial_state, s, h, b.state(0, i));
  for (int64_t chunk = 0, t = document.begin; t + kDeltaChunk < document.end;
       ++chunk, t += kDeltaChunk) {
    Scratch<F> rest = scratch;
    const Chunk<F> c(rest, kDeltaChunk, z.Dk, z.Dv);
    load<T>(in, z, h, t, c);
    chunk_wy(cpu, c);
    chunk_new_values(cpu, c, b.state(chunk, i));
    copy_scaled(b.state(chunk, i), F(1), b.state(chunk + 1, i));
    chunk_next_state(cpu, c, b.state(chunk + 1, i));
  }
}

// dV, dbeta and dg, completed by the reverse cumulative sum of dgamma, for value head h.
template <class T, class F>
void store_value_grads(const ChunkGrads<F>& d, const DeltaSizes& z, int64_t h, int64_t begin,
                       int64_t n, const DeltaRuleGrads& out) {
  copy_scaled(d.dV, F(1), head_rows<T>(out.dv, h, begin, n));
  F sum = 0;
  for (int64_t i = n - 1; i >= 0; --i) {
    sum += d.dgamma[i];
    out.dg.data<F>()[(begin + i) * z.Hv + h] = sum + d.dg[i];
    out.dbeta.data<F>()[(begin + i) * z.Hv + h] = d.dbeta[i];
  }
}

// Document s and the value heads of key head hk, in ascending order within each chunk.
template <class T, Isa I>
void backward_group(Cpu<I> cpu, const Tensor& grad_o, const Tensor& grad_final_state,
                    const DeltaRuleInput& in, const DeltaSizes& z, int64_t s, int64_t hk,
                    const DeltaRuleGrads& out, Scratch<acc_t<T>> scratch) {
  using F = acc_t<T>;
  const Document document = z.document(in, s);
  const BackwardScratch<F> b(scratch, z);
  for (int64_t i = 0; i < z.G; ++i) {
    if (document.begin < document.end) compute_states<T>(cpu, in, z, s, hk, i, b, scratch);
    load_state(grad_final_state, s, hk * z.G + i, b.gradient(i));
  }
  const int64_t chunks = (document.end - document.begin + kDeltaChunk - 1) / kDeltaChunk;
  for (int64_t chunk = chunks - 1; chunk >= 0; --chunk) {
    const int64_t t = document.begin + chunk * kDeltaChunk;
    const int64_t n = std::min(kDeltaChunk, document.end - t);
    Scratch<F> rest = scratch;
    const Chunk<F> c(rest, n, z.Dk, z.Dv);
    const ChunkGrads<F> d(rest, n, z.Dk, z.Dv);
    std::fill(d.dQ.data, d.dQ.data + n * z.Dk, F(0));
    std::fill(d.dK.data, d.dK.data + n * z.Dk, F(0));
    for (int64_t i = 0; i < z.G; ++i) {
      const int64_t h = hk * z.G + i;
      const MatrixRef<F> S = b.state(chunk, i);
      load<T>(in, z, h, t, c);
      copy_scaled(head_rows<T>(grad_o, h, t, n), F(1), d.dO);
      chunk_wy(cpu, c);
      chunk_new_values(cpu, c, S);
      chunk_scores(cpu, c);
      chunk_output_backward(cpu, c, S, d);
      chunk_state_backward(cpu, c, S, b.gradient(i), d);
      chunk_wy_backward(cpu, c, d);
      store_value_grads<T>(d, z, h, t, n, out);
    }
    copy_scaled(d.dQ, query_scale<F>(z), head_rows<T>(out.dq, hk, t, n));
    copy_scaled(d.dK, F(1), head_rows<T>(out.dk, hk, t, n));
  }
  for (int64_t i = 0; i < z.G; ++i) store_state(b.gradient(i), out.dinitial_state, s, hk * z.G + i);
}

}  // namespace

template <Isa I>
void chunked_forward(Cpu<I> cpu, const DeltaRuleInput& in, const DeltaRuleOutput& out) {
  visit_float(in.v.dtype(), [&]<class T>() {
    using F = acc_t<T>;
    const DeltaSizes z(in);
    const Tensor scratch = scratch_for_threads<F>(in.g.dtype(), [&](Scratch<F>& counter) {
      ForwardScratch<F>(counter, z);
      Chunk<F>(counter, kDeltaChunk, z.Dk, z.Dv);
    });
    parallel_for(z.documents * z.Hv, 1, [&](int64_t task, int64_t, int worker) {
      forward_head<T>(cpu, in, z, task / z.Hv, task % z.Hv, out,
                      Scratch<F>(scratch.data<F>() + worker * scratch.stride(0)));
    });
  });
}

template <Isa I>
void chunked_backward(Cpu<I> cpu, const Tensor& grad_o, const Tensor& grad_final_state,
                      const DeltaRuleInput& in, const DeltaRuleGrads& out) {
  visit_float(in.v.dtype(), [&]<class T>() {
    using F = acc_t<T>;
    const DeltaSizes z(in);
    const Tensor scratch = scratch_for_threads<F>(in.g.dtype(), [&](Scratch<F>& counter) {
      BackwardScratch<F>(counter, z);
      Chunk<F>(counter, kDeltaChunk, z.Dk, z.Dv);
      ChunkGrads<F>(counter, kDeltaChunk, z.Dk, z.Dv);
    });
    parallel_for(z.documents * z.Hk, 1, [&](int64_t task, int64_t, int worker) {
      backward_group<T>(cpu, grad_o, grad_final_state, in, z, task / z.Hk, task % z.Hk, out,
                        Scratch<F>(scratch.data<F>() + worker * scratch.stride(0)));
    });
  });
}

template void chunked_forward(Cpu<kIsa>, const DeltaRuleInput&, const DeltaRuleOutput&);
template void chunked_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const DeltaRuleInput&,
                               const DeltaRuleGrads&);

}  // namespace hone::kernels
