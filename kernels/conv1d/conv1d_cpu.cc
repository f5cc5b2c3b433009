// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/conv1d/conv1d.h"
#include "kernels/core/documents.h"
#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"

namespace hone::kernels {
namespace {

// Channels worked on together: sums of a token stay in registers or L1 while the taps go by.
constexpr int64_t kChannels = 64;
template <class A>
using ChannelSums = std::array<A, kChannels>;

// The weights with neighbouring channels side by side, as the loops over channels want them.
template <class A>
struct Taps {
  const A* data;  // [W, C]
  int64_t W, C;
  const A* tap(int64_t j, int64_t c0) const { return data + j * C + c0; }
};

// Fills `taps` [W, C] from w [C, W].
template <class T, class A = acc_t<T>>
Taps<A> transposed(const Tensor& w, const Tensor& taps) {
  const int64_t W = taps.dim(0), C = taps.dim(1);
  const T* from = w.data<T>();
  A* to = taps.data<A>();
  for (int64_t j = 0; j < W; ++j)
    for (int64_t c = 0; c < C; ++c) to[j * C + c] = A(from[c * W + j]);
  return {to, W, C};
}

// p[t, c0 .. c0 + n) above, for token t of a document that starts at row `first`.
template <class T, class A = acc_t<T>>
ChannelSums<A> convolve(const T* x, Taps<A> w, int64_t t, int64_t first, int64_t c0, int64_t n) {
  ChannelSums<A> p{};
  for (int64_t j = 0; j < w.W; ++j) {
    const int64_t from = t - (w.W - 1) + j;
    if (from < first) continue;
    const T* row = x + from * w.C + c0;
    const A* tap = w.tap(j, c0);
    for (int64_t c = 0; c < n; ++c) p[c] += tap[c] * A(row[c]);
  }
  return p;
}

// Calls f(token, its document, first channel, channels) over rows [begin, end).
template <class F>
void for_each_tile(const Tensor& cu_seqlens, int64_t C, int64_t begin, int64_t end, F&& f) {
  Document document{0, 0};
  for (int64_t t = begin; t < end; ++t) {
    if (t == begin || t == document.end) document = document_of(cu_seqlens, t);
    for (int64_t c0 = 0; c0 < C; c0 += kChannels) f(t, document, c0, std::min(kChannels, C - c0));
  }
}

// dp, and this block's share of dw in sums [W, C] unless null.
template <class T, class A = acc_t<T>>
void backward_of_silu(const Tensor& dy, const Tensor& x, Taps<A> w, const Tensor& cu_seqlens,
                      int64_t begin, int64_t end, A* dp, A* sums) {
  const int64_t C = w.C, W = w.W;
  const T* in = x.data<T>();
  if (sums) std::fill(sums, sums + C * W, A(0));
  for_each_tile(cu_seqlens, C, begin, end, [&](int64_t t, Document doc, int64_t c0, int64_t n) {
    const ChannelSums<A> p = convolve(in, w, t, doc.begin, c0, n);
    const T* g = dy.data<T>() + t * C + c0;
    A* d = dp + t * C + c0;
#pragma omp simd
    for (int64_t c = 0; c < n; ++c) {
      const A s = sigmoid(p[c]);
      d[c] = A(g[c]) * s * (A(1) + p[c] * (A(1) - s));
    }
    if (!sums) return;
    for (int64_t j = 0; j < W; ++j) {
      const int64_t from = t - (W - 1) + j;
      if (from < doc.begin) continue;
      const T* row = in + from * C + c0;
      A* sum = sums + j * C + c0;
      for (int64_t c = 0; c < n; ++c) sum[c] += d[c] * A(row[c]);
    }
  });
}

}  // namespace

template <Isa I>
void conv1d_silu_forward(Cpu<I>, const Tensor& x, const Tensor& w, const Tensor& cu_seqlens,
                         const Tensor& y, const Tensor& taps) {
  visit_float(x.dtype(), [&]<class T>() {
    const int64_t C = x.dim(1);
    const auto weights = transposed<T>(w, taps);
    parallel_for(x.dim(0), grain_for(16 * C), [&](int64_t begin, int64_t end) {
      for_each_tile(cu_seqlens, C, begin, end, [&](int64_t t, Document doc, int64_t c0, int64_t n) {
        const auto p = convolve(x.data<T>(), weights, t, doc.begin, c0, n);
        T* out = y.data<T>() + t * C + c0;
#pragma omp simd
        for (int64_t c = 0; c < n; ++c) out[c] = T(p[c] * sigmoid(p[c]));
      });
    });
  });
}

template <Isa I>
void conv1d_silu_backward(Cpu<I>, const Tensor& dy, const Tensor& x, const Tensor& w,
                          const Tensor& cu_seqlens, const Tensor& dx, const GradTarget& dw,
                          const Tensor& taps, const Tensor& dp, const Tensor& partial) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t N = x.dim(0), C = x.dim(1), W = w.dim(-1);
    const int64_t rows = conv1d_row_block(N, C, x.device());
    const auto weights = transposed<T>(w, taps);
    parallel_for(N, rows, [&](int64_t begin, int64_t end) {
      A* sums = dw.wanted() ? partial.data<A>() + begin / rows * C * W : nullptr;
      backward_of_silu<T>(dy, x, weights, cu_seqlens, begin, end, dp.data<A>(), sums);
    });
    parallel_for(N, grain_for(8 * C), [&](int64_t begin, int64_t end) {
      for_each_tile(cu_seqlens, C, begin, end, [&](int64_t t, Document doc, int64_t c0, int64_t n) {
        ChannelSums<A> sum{};
        for (int64_t j = W - 1; j >= 0 && t + (W - 1) - j < doc.end; --j) {
          const A* d = dp.data<A>() + (t + (W - 1) - j) * C + c0;
          const A* tap = weights.tap(j, c0);
          for (int64_t c = 0; c < n; ++c) sum[c] += tap[c] * d[c];
        }
        T* out = dx.data<T>() + t * C + c0;
        for (int64_t c = 0; c < n; ++c) out[c] = T(sum[c]);
      });
    });
    if (!dw.wanted()) return;
    A* total = dw.tensor.data<A>();
    if (!dw.accumulate) std::fill(total, total + C * W, A(0));
    for (int64_t b = 0; b < partial.dim(0); ++b)
      for (int64_t j = 0; j < W; ++j) {
        const A* sums = partial.data<A>() + (b * W + j) * C;
        for (int64_t c = 0; c < C; ++c) total[c * W + j] += sums[c];
      }
  });
}

template void conv1d_silu_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                  const Tensor&, const Tensor&);
template void conv1d_silu_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                   const Tensor&, const Tensor&, const GradTarget&, const Tensor&,
                                   const Tensor&, const Tensor&);

}  // namespace hone::kernels
