// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// simt_chunk.cuh along whole documents. A task is a document and a value head forward, a document and
// a key head backward, whose value heads it takes in ascending order; kBlocks blocks share the tasks.
#pragma once

#include "kernels/core/cuda/heads.cuh"
#include "kernels/delta_rule/simt_chunk.cuh"

namespace hone::kernels::delta_simt {

template <class T>
struct Operands {
  using F = acc_t<T>;
  Heads<T> q, k, v;
  const F *g, *beta;
  const int32_t* cu_seqlens;
  const F* initial_state;  // null: zeros
  int64_t N, Hk, Hv, G, Dk, Dv;
  F query_scale;
  int64_t documents;
  F* scratch;  // [blocks, scratch_size]
  int64_t scratch_size;
  F* states;  // [chunk_capacity, Hv, Dk, Dv]: before each chunk, for backward
  // forward
  T* o;
  F* final_state;  // may be null
  // backward
  const T* grad_o;
  const F* grad_final_state;  // may be null
  T *dq, *dk, *dv;
  F *dg, *dbeta, *dinitial_state;  // the last may be null

  __device__ Matrix<F> state(F* states, int64_t s, int64_t h) const {
    return {states + (s * Hv + h) * Dk * Dv, Dk, Dv};
  }
  __device__ void load_state(const F* states, int64_t s, int64_t h, Matrix<F> S) const {
    const F* const from = states ? states + (s * Hv + h) * Dk * Dv : nullptr;
    each(Dk * Dv, [&](int64_t i) { S.data[i] = from ? from[i] : F(0); });
  }
  __device__ void store_state(Matrix<F> S, F* states, int64_t s, int64_t h) const {
    if (!states) return;
    each(Dk * Dv, [&](int64_t i) { states[(s * Hv + h) * Dk * Dv + i] = S.data[i]; });
  }
  // Rows [t, t + c.n) of value head h.
  __device__ void load(int64_t h, int64_t t, const Chunk<F>& c) const {
    each_element(c.Q, [&](int64_t i, int64_t d) {
      c.Q.at(i, d) = query_scale * widen(q.at(t + i, h / G)[d]);
      c.K.at(i, d) = widen(k.at(t + i, h / G)[d]);
    });
    each_element(c.V, [&](int64_t i, int64_t d) { c.V.at(i, d) = widen(v.at(t + i, h)[d]); });
    each(c.n, [&](int64_t i) {
      c.g[i] = g[(t + i) * Hv + h];
      c.beta[i] = beta[(t + i) * Hv + h];
    });
  }
};

constexpr int64_t kBlocks = 264;  // at most: each has a set of scratch matrices

// Chunks of all documents lie one after the other; document s has those from first_chunk on.
constexpr int64_t chunk_capacity(int64_t N, int64_t documents) { return N / kChunk + documents; }
__device__ inline int64_t first_chunk(const int32_t* cu_seqlens, int64_t s) {
  return cu_seqlens[s] / kChunk + s;
}

template <class T>
__device__ void forward_task(const Operands<T>& a, int64_t s, int64_t h) {
  using F = acc_t<T>;
  Parts<F> parts{a.scratch + blockIdx.x * a.scratch_size};
  const Matrix<F> S = parts.matrix(a.Dk, a.Dv), O = parts.matrix(kChunk, a.Dv);
  Chunk<F> c(parts, a.Dk, a.Dv);
  a.load_state(a.initial_state, s, h, S);
  const int64_t end = a.cu_seqlens[s + 1];
  for (int64_t t = a.cu_seqlens[s]; t < end; t += kChunk) {
    c.set_rows(end - t < kChunk ? end - t : kChunk);
    const Matrix<F> rows = {O.data, c.n, a.Dv};
    a.load(h, t, c);
    chunk_wy(c);
    chunk_new_values(c, S);
    chunk_scores(c);
    chunk_output(c, S, rows);
    each_element(rows, [&](int64_t i, int64_t d) {
      a.o[((t + i) * a.Hv + h) * a.Dv + d] = narrow_to<T>(rows.at(i, d));
    });
    chunk_next_state(c, S);
  }
  a.store_state(S, a.final_state, s, h);
}

template <class T>
__global__ void __launch_bounds__(kThreads) forward_kernel(Operands<T> a) {
  for (int64_t task = blockIdx.x; task < a.documents * a.Hv; task += gridDim.x)
    forward_task(a, task / a.Hv, task % a.Hv);
}

// The states of value head h before every chunk of document s.
template <class T>
__device__ void compute_states(const Operands<T>& a, int64_t s, int64_t h, Chunk<acc_t<T>>& c) {
  using F = acc_t<T>;
  const int64_t begin = a.cu_seqlens[s], end = a.cu_seqlens[s + 1];
  Matrix<F> S = a.state(a.states, first_chunk(a.cu_seqlens, s), h);
  a.load_state(a.initial_state, s, h, S);
  c.set_rows(kChunk);
  for (int64_t t = begin; t + kChunk < end; t += kChunk) {
    const Matrix<F> next = {S.data + a.Hv * a.Dk * a.Dv, a.Dk, a.Dv};
    a.load(h, t, c);
    chunk_wy(c);
    chunk_new_values(c, S);
    each(a.Dk * a.Dv, [&](int64_t x) { next.data[x] = S.data[x]; });
    chunk_next_state(c, next);
    S = next;
  }
}

// dV, dbeta and dg, completed by the reverse cumulative sum of dgamma.
template <class T>
__device__ void store_value_grads(const Operands<T>& a, const Chunk<acc_t<T>>& c, int64_t h,
                                  int64_t t) {
  using F = acc_t<T>;
  each_element(c.dV, [&](int64_t i, int64_t d) {
    a.dv[((t + i) * a.Hv + h) * a.Dv + d] = narrow_to<T>(c.dV.at(i, d));
  });
  each(c.n, [&](int64_t j) {
    F sum = 0;
    for (int64_t i = c.n - 1; i >= j; --i) sum += c.dgamma[i];
    a.dg[(t + j) * a.Hv + h] = sum + c.dg[j];
    a.dbeta[(t + j) * a.Hv + h] = c.dbeta[j];
  });
}

template <class T>
__device__ void backward_task(const Operands<T>& a, int64_t s, int64_t hk) {
  using F = acc_t<T>;
  Parts<F> parts{a.scratch + blockIdx.x * a.scratch_size};
  const Matrix<F> gradients = {parts.vector(a.G * a.Dk * a.Dv), a.Dk, a.Dv};
  Chunk<F> c(parts, a.Dk, a.Dv);
  const int64_t begin = a.cu_seqlens[s], end = a.cu_seqlens[s + 1];
  const auto gradient = [&](int64_t i) {
    return Matrix<F>{gradients.data + i * a.Dk * a.Dv, a.Dk, a.Dv};
  };
  for (int64_t i = 0; i < a.G; ++i) {
    if (begin < end) compute_states(a, s, hk * a.G + i, c);
    a.load_state(a.grad_final_state, s, hk * a.G + i, gradient(i));
  }
  for (int64_t chunk = (end - begin + kChunk - 1) / kChunk - 1; chunk >= 0; --chunk) {
    const int64_t t = begin + chunk * kChunk;
    c.set_rows(end - t < kChunk ? end - t : kChunk);
    each_element(c.dQ, [&](int64_t i, int64_t d) { c.dQ.at(i, d) = c.dK.at(i, d) = 0; });
    for (int64_t i = 0; i < a.G; ++i) {
      const int64_t h = hk * a.G + i;
      const Matrix<F> S = a.state(a.states, first_chunk(a.cu_seqlens, s) + chunk, h);
      a.load(h, t, c);
      each_element(c.dO, [&](int64_t r, int64_t d) {
        c.dO.at(r, d) = widen(a.grad_o[((t + r) * a.Hv + h) * a.Dv + d]);
      });
      chunk_wy(c);
      chunk_new_values(c, S);
      chunk_scores(c);
      chunk_output_backward(c, S);
      chunk_state_backward(c, S, gradient(i));
      chunk_wy_backward(c);
      store_value_grads(a, c, h, t);
    }
    each_element(c.dQ, [&](int64_t i, int64_t d) {
      const int64_t at = ((t + i) * a.Hk + hk) * a.Dk + d;
      a.dq[at] = narrow_to<T>(a.query_scale * c.dQ.at(i, d));
      a.dk[at] = narrow_to<T>(c.dK.at(i, d));
    });
  }
  for (int64_t i = 0; i < a.G; ++i) a.store_state(gradient(i), a.dinitial_state, s, hk * a.G + i);
}

template <class T>
__global__ void __launch_bounds__(kThreads) backward_kernel(Operands<T> a) {
  for (int64_t task = blockIdx.x; task < a.documents * a.Hk; task += gridDim.x)
    backward_task(a, task / a.Hk, task % a.Hk);
}

}  // namespace hone::kernels::delta_simt
