// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The chunked delta rule: walks each document chunk by chunk through the three stages.
#include <algorithm>

#include "kernels/core/flush_denormals.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/delta_rule/chunk.h"
#include "kernels/delta_rule/operands.h"
#include "kernels/delta_rule/working_memory.h"

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

template <class T, Isa I>
void forward_head(Cpu<I> cpu, const DeltaRuleInput& in, const DeltaSizes& z, int64_t s, int64_t h,
                  const DeltaRuleOutput& out, const ChunkedForwardMemory<acc_t<T>>& memory) {
  using F = acc_t<T>;
  const MatrixRef<F> S = memory.S;
  load_state(in.initial_state, s, h, S);
  const Document document = z.document(in, s);
  for (int64_t t = document.begin; t < document.end; t += kDeltaChunk) {
    const int64_t n = std::min(kDeltaChunk, document.end - t);
    Scratch<F> rest = memory.rest;
    const Chunk<F> c(rest, n, z.Dk, z.Dv);
    const MatrixRef<F> O{memory.O.data, n, z.Dv, z.Dv};
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

// The states of one document at the starts of its chunks.
template <class F>
struct ChunkStarts {
  const DeltaSizes& z;
  const Tensor& states;
  const Document document;
  const ChunkedBackwardMemory<F>& memory;

  // Before `chunk`, for value head h; before chunk 0 it is the thread's own.
  MatrixRef<F> before(int64_t chunk, int64_t h) const {
    if (chunk == 0) return memory.start;
    return state_of<F>(states, document.begin / kDeltaChunk + chunk - 1, h, z);
  }
};

// Fills `starts` for value head h, but the start of the document.
template <class T, Isa I>
void compute_states(Cpu<I> cpu, const DeltaRuleInput& in, const DeltaSizes& z, int64_t s, int64_t h,
                    const ChunkStarts<acc_t<T>>& starts) {
  using F = acc_t<T>;
  const Document document = starts.document;
  load_state(in.initial_state, s, h, starts.before(0, h));
  for (int64_t chunk = 0, t = document.begin; t + kDeltaChunk < document.end;
       ++chunk, t += kDeltaChunk) {
    Scratch<F> rest = starts.memory.rest;
    const Chunk<F> c(rest, kDeltaChunk, z.Dk, z.Dv);
    load<T>(in, z, h, t, c);
    chunk_wy(cpu, c);
    chunk_new_values(cpu, c, starts.before(chunk, h));
    copy_scaled(starts.before(chunk, h), F(1), starts.before(chunk + 1, h));
    chunk_next_state(cpu, c, starts.before(chunk + 1, h));
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

// One chunk [t, t + n) of value head h: dQ and dK are added to, the rest written.
template <class T, Isa I>
void backward_chunk(Cpu<I> cpu, const Tensor& grad_o, const DeltaRuleInput& in, const DeltaSizes& z,
                    int64_t h, int64_t t, MatrixRef<acc_t<T>> S, MatrixRef<acc_t<T>> dS,
                    const Chunk<acc_t<T>>& c, const ChunkGrads<acc_t<T>>& d,
                    const DeltaRuleGrads& out) {
  load<T>(in, z, h, t, c);
  copy_scaled(head_rows<T>(grad_o, h, t, c.n), acc_t<T>(1), d.dO);
  chunk_wy(cpu, c);
  chunk_new_values(cpu, c, S);
  chunk_scores(cpu, c);
  chunk_output_backward(cpu, c, S, d);
  chunk_state_backward(cpu, c, S, dS, d);
  chunk_wy_backward(cpu, c, d);
  store_value_grads<T>(d, z, h, t, c.n, out);
}

// Document s and the value heads of key head hk, in ascending order within each chunk.
template <class T, Isa I>
void backward_group(Cpu<I> cpu, const Tensor& grad_o, const Tensor& grad_final_state,
                    const DeltaRuleInput& in, const DeltaSizes& z, int64_t s, int64_t hk,
                    const DeltaRuleGrads& out, const Tensor& states,
                    const ChunkedBackwardMemory<acc_t<T>>& memory) {
  using F = acc_t<T>;
  const ChunkStarts<F> starts{z, states, z.document(in, s), memory};
  const Document document = starts.document;
  const auto gradient = [&](int64_t i) { return state_of(memory.gradients, i, z); };
  for (int64_t i = 0; i < z.G; ++i) {
    compute_states<T>(cpu, in, z, s, hk * z.G + i, starts);
    load_state(grad_final_state, s, hk * z.G + i, gradient(i));
  }
  const int64_t chunks = (document.end - document.begin + kDeltaChunk - 1) / kDeltaChunk;
  for (int64_t chunk = chunks - 1; chunk >= 0; --chunk) {
    const int64_t t = document.begin + chunk * kDeltaChunk;
    const int64_t n = std::min(kDeltaChunk, document.end - t);
    Scratch<F> rest = memory.rest;
    const Chunk<F> c(rest, n, z.Dk, z.Dv);
    const ChunkGrads<F> d(rest, n, z.Dk, z.Dv);
    std::fill(d.dQ.data, d.dQ.data + n * z.Dk, F(0));
    std::fill(d.dK.data, d.dK.data + n * z.Dk, F(0));
    for (int64_t i = 0; i < z.G; ++i) {
      const int64_t h = hk * z.G + i;
      const MatrixRef<F> S = starts.before(chunk, h);
      if (chunk == 0) load_state(in.initial_state, s, h, S);
      backward_chunk<T>(cpu, grad_o, in, z, h, t, S, gradient(i), c, d, out);
    }
    copy_scaled(d.dQ, query_scale<F>(z), head_rows<T>(out.dq, hk, t, n));
    copy_scaled(d.dK, F(1), head_rows<T>(out.dk, hk, t, n));
  }
  for (int64_t i = 0; i < z.G; ++i) store_state(gradient(i), out.dinitial_state, s, hk * z.G + i);
}

}  // namespace

template <Isa I>
void chunked_forward(Cpu<I> cpu, const DeltaRuleInput& in, const DeltaRuleOutput& out,
                     const Tensor& scratch) {
  visit_float(in.v.dtype(), [&]<class T>() {
    using F = acc_t<T>;
    const DeltaSizes z(in);
    const auto one_head = [&](int64_t task, int64_t, int worker) {
      const FlushDenormals flush;
      Scratch<F> buffer(worker_part<F>(scratch, worker));
      const ChunkedForwardMemory<F> memory(buffer, z);
      forward_head<T>(cpu, in, z, task / z.Hv, task % z.Hv, out, memory);
    };
    parallel_for(z.documents * z.Hv, 1, one_head, scratch.dim(0));
  });
}

template <Isa I>
void chunked_backward(Cpu<I> cpu, const Tensor& grad_o, const Tensor& grad_final_state,
                      const DeltaRuleInput& in, const DeltaRuleGrads& out, const Tensor& states,
                      const Tensor& scratch) {
  visit_float(in.v.dtype(), [&]<class T>() {
    using F = acc_t<T>;
    const DeltaSizes z(in);
    const auto one_group = [&](int64_t task, int64_t, int worker) {
      const FlushDenormals flush;
      Scratch<F> buffer(worker_part<F>(scratch, worker));
      const ChunkedBackwardMemory<F> memory(buffer, z);
      backward_group<T>(cpu, grad_o, grad_final_state, in, z, task / z.Hk, task % z.Hk, out, states,
                        memory);
    };
    parallel_for(z.documents * z.Hk, 1, one_group, scratch.dim(0));
  });
}

template void chunked_forward(Cpu<kIsa>, const DeltaRuleInput&, const DeltaRuleOutput&,
                              const Tensor&);
template void chunked_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const DeltaRuleInput&,
                               const DeltaRuleGrads&, const Tensor&, const Tensor&);

}  // namespace hone::kernels
