// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/conv1d/conv1d_extend.h"
#include "kernels/core/documents.h"
#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"

namespace hone::kernels {
namespace {

constexpr int64_t kChannels = 64;  // worked on together: their sums stay in registers or L1

// A document of the call and the sequence that it continues.
template <class T>
struct Sequence {
  int64_t begin, end;  // rows
  int64_t start;       // tokens of the sequence before `begin`
  const T* x;          // all rows
  T* state;            // of the slot: [W-1, C]
  int64_t W, C;

  // Input i rows after `begin` (before it, if negative); null before the sequence's start.
  const T* input(int64_t i) const {
    if (i >= 0) return x + (begin + i) * C;
    return i < -start ? nullptr : state + (W - 1 + i) * C;
  }
};

template <class T>
Sequence<T> sequence_at(const Tensor& x, const Tensor& cu_seqlens, const Tensor& slots,
                        const Tensor& starts, const Tensor& states, int64_t s) {
  const int32_t* at = cu_seqlens.data<int32_t>() + s;
  return {at[0],
          at[1],
          starts.data<int32_t>()[s],
          x.data<T>(),
          states.data<T>() + slots.data<int32_t>()[s] * states.stride(0),
          states.dim(1) + 1,
          x.dim(1)};
}

// y of one token, `i` rows after the document's first.
template <class T, class A = acc_t<T>>
void convolve(const Sequence<T>& q, int64_t i, const A* taps, T* y) {
  for (int64_t c0 = 0; c0 < q.C; c0 += kChannels) {
    const int64_t n = std::min(kChannels, q.C - c0);
    std::array<A, kChannels> p{};
    for (int64_t j = 0; j < q.W; ++j) {
      const T* row = q.input(i - (q.W - 1) + j);
      if (row == nullptr) continue;
      const A* tap = taps + j * q.C + c0;
      for (int64_t c = 0; c < n; ++c) p[c] += tap[c] * A(row[c0 + c]);
    }
#pragma omp simd
    for (int64_t c = 0; c < n; ++c) y[c0 + c] = T(p[c] * sigmoid(p[c]));
  }
}

// The last W-1 inputs, oldest first. What a row comes from lies below it in the slot or in x, so in
// ascending order nothing is overwritten before it is read.
template <class T>
void remember(const Sequence<T>& q) {
  const int64_t rows = q.end - q.begin;
  if (rows == 0) return;
  for (int64_t i = 0; i < q.W - 1; ++i) {
    T* to = q.state + i * q.C;
    if (const T* from = q.input(rows - (q.W - 1) + i))
      std::copy(from, from + q.C, to);
    else
      std::fill(to, to + q.C, T(0.0f));
  }
}

}  // namespace

template <Isa I>
void conv1d_silu_extend(Cpu<I>, const Tensor& x, const Tensor& w, const Tensor& cu_seqlens,
                        const Tensor& slots, const Tensor& starts, const Tensor& states,
                        const Tensor& y, const Tensor& taps) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t C = x.dim(1), W = w.dim(-1), documents = slots.dim(0);
    for (int64_t j = 0; j < W; ++j)
      for (int64_t c = 0; c < C; ++c) taps.data<A>()[j * C + c] = A(w.data<T>()[c * W + j]);
    const auto sequence = [&](int64_t s) {
      return sequence_at<T>(x, cu_seqlens, slots, starts, states, s);
    };
    parallel_for(x.dim(0), grain_for(16 * C), [&](int64_t begin, int64_t end) {
      const int32_t* at = cu_seqlens.data<int32_t>();
      int64_t s = std::upper_bound(at, at + documents + 1, begin) - at - 1;
      Sequence<T> q = sequence(s);
      for (int64_t t = begin; t < end; ++t) {
        while (t >= q.end) q = sequence(++s);
        convolve<T>(q, t - q.begin, taps.data<A>(), y.data<T>() + t * C);
      }
    });
    parallel_for(documents, grain_for(W * C), [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) remember(sequence(s));
    });
  });
}

template void conv1d_silu_extend(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                 const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                 const Tensor&);

}  // namespace hone::kernels
