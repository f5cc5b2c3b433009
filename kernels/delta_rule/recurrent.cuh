// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The recurrent form: one token after the other, as generation needs it. A block for each document and
// value head holds the state [Dk, Dv] in shared memory; a thread owns columns of it.
#pragma once

#include "kernels/delta_rule/simt_chunked.cuh"

namespace hone::kernels {

constexpr int kRecurrentThreads = 128;

template <class F>
size_t recurrent_shared_bytes(int64_t Dk, int64_t Dv) {
  return static_cast<size_t>(Dk * Dv + 2 * Dk) * sizeof(F);
}

template <class T>
__global__ void __launch_bounds__(kRecurrentThreads) recurrent_kernel(delta_simt::Operands<T> a) {
  using F = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  F *const S = reinterpret_cast<F*>(shared), *const q = S + a.Dk * a.Dv, *const k = q + a.Dk;
  const int64_t h = blockIdx.x, s = blockIdx.y, state_at = (s * a.Hv + h) * a.Dk * a.Dv;
  for (int64_t i = threadIdx.x; i < a.Dk * a.Dv; i += kRecurrentThreads)
    S[i] = a.initial_state ? a.initial_state[state_at + i] : F(0);
  for (int64_t t = a.cu_seqlens[s]; t < a.cu_seqlens[s + 1]; ++t) {
    __syncthreads();  // everybody is done with the token before
    for (int64_t i = threadIdx.x; i < a.Dk; i += kRecurrentThreads) {
      q[i] = a.query_scale * widen(a.q.at(t, h / a.G)[i]);
      k[i] = widen(a.k.at(t, h / a.G)[i]);
    }
    __syncthreads();  // q, k and, at first, the state are there
    const F decay = exp(a.g[t * a.Hv + h]), beta = a.beta[t * a.Hv + h];
    for (int64_t d = threadIdx.x; d < a.Dv; d += kRecurrentThreads) {
      F* const column = S + d;
      F held = 0;
      for (int64_t i = 0; i < a.Dk; ++i) {
        column[i * a.Dv] *= decay;
        held += column[i * a.Dv] * k[i];
      }
      const F delta = beta * (F(widen(a.v.at(t, h)[d])) - held);
      F out = 0;
      for (int64_t i = 0; i < a.Dk; ++i) {
        column[i * a.Dv] += k[i] * delta;
        out += column[i * a.Dv] * q[i];
      }
      a.o[(t * a.Hv + h) * a.Dv + d] = narrow_to<T>(out);
    }
  }
  if (!a.final_state) return;
  __syncthreads();  // the state is complete
  for (int64_t i = threadIdx.x; i < a.Dk * a.Dv; i += kRecurrentThreads)
    a.final_state[state_at + i] = S[i];
}

}  // namespace hone::kernels
