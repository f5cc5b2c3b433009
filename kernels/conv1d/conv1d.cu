// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A thread walks kConv1dRowBlock tokens of W neighbouring channels, with the last taps in registers: x
// is read once. Backward walks on into the next block by the taps that reach back from there, so that
// dp never leaves the registers.
#include "kernels/conv1d/conv1d.h"
#include "kernels/core/cuda/documents.cuh"
#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/sigmoid.cuh"
#include "kernels/core/cuda/vec.cuh"

namespace hone::kernels {
namespace {

constexpr int kThreads = 64;

template <class T>
struct Operands {
  const T *x, *w;  // w [C, taps]
  Documents documents;
  int64_t N, C, taps;
};

// The weights of W channels, the last of kTaps first: weight[j] belongs to the token j before. Taps
// that the convolution does not have are 0.
template <int W, int kTaps, class T>
struct Weights {
  acc_t<T> back[kTaps][W];

  __device__ Weights(const Operands<T>& o, int64_t c) {
#pragma unroll
    for (int j = 0; j < kTaps; ++j)
#pragma unroll
      for (int k = 0; k < W; ++k)
        back[j][k] = j < o.taps ? widen(o.w[(c + k) * o.taps + o.taps - 1 - j]) : acc_t<T>(0);
  }
};

// The last kTaps rows of W channels: row[j] is j before the newest. Rows before the document are 0.
template <int W, int kTaps, class A>
struct Window {
  A row[kTaps][W];

  __device__ void clear() {
#pragma unroll
    for (int j = 0; j < kTaps; ++j)
#pragma unroll
      for (int k = 0; k < W; ++k) row[j][k] = 0;
  }
  __device__ void advance() {
#pragma unroll
    for (int j = kTaps - 1; j > 0; --j)
#pragma unroll
      for (int k = 0; k < W; ++k) row[j][k] = row[j - 1][k];
  }
  template <class T>
  __device__ void push(const Vec<T, W>& newest) {
    advance();
#pragma unroll
    for (int k = 0; k < W; ++k) row[0][k] = widen(newest[k]);
  }
};

// Walks the tokens from `begin` on: keeps the window of x, cleared where a document begins.
template <int W, int kTaps, class T>
struct Walk {
  const Operands<T>& o;
  int64_t c, end_index;  // documents.cu_seqlens[end_index]: where the current document ends
  Window<W, kTaps, acc_t<T>> x;

  __device__ Walk(const Operands<T>& operands, int64_t channel, int64_t begin)
      : o(operands), c(channel), end_index(o.documents.index_of_end(begin)) {
    x.clear();
    const int64_t first = o.documents.cu_seqlens[end_index - 1];
    for (int64_t t = begin - (kTaps - 1) > first ? begin - (kTaps - 1) : first; t < begin; ++t)
      x.push(load<W>(o.x + t * o.C + c));
  }
  __device__ void step(int64_t t) {
    if (t == o.documents.cu_seqlens[end_index]) {
      do ++end_index;
      while (o.documents.cu_seqlens[end_index] == t);
      x.clear();
    }
    x.push(load<W>(o.x + t * o.C + c));
  }
};

template <int W, int kTaps, class T>
__device__ void convolve(const Weights<W, kTaps, T>& w, const Window<W, kTaps, acc_t<T>>& x,
                         acc_t<T> (&p)[W]) {
#pragma unroll
  for (int k = 0; k < W; ++k) p[k] = 0;
#pragma unroll
  for (int j = kTaps - 1; j >= 0; --j)  // oldest first, as on the CPU
#pragma unroll
    for (int k = 0; k < W; ++k) p[k] += w.back[j][k] * x.row[j][k];
}

template <int W, int kTaps, class T>
__global__ void __launch_bounds__(kThreads) forward_kernel(Operands<T> o, T* y) {
  using A = acc_t<T>;
  const int64_t c = (int64_t{blockIdx.x} * kThreads + threadIdx.x) * W;
  const int64_t begin = int64_t{blockIdx.y} * kConv1dRowBlock;
  if (c >= o.C) return;
  const Weights<W, kTaps, T> w(o, c);
  Walk<W, kTaps, T> walk(o, c, begin);
  for (int64_t t = begin; t < begin + kConv1dRowBlock && t < o.N; ++t) {
    walk.step(t);
    A p[W];
    convolve(w, walk.x, p);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k) out[k] = narrow_to<T>(p[k] * sigmoid<T>(p[k]));
    store(y + t * o.C + c, out);
  }
}

// partial [blocks, taps, C] may be null: dw is unwanted.
template <int W, int kTaps, class T>
__global__ void __launch_bounds__(kThreads)
    backward_kernel(Operands<T> o, const T* dy, T* dx, acc_t<T>* partial) {
  using A = acc_t<T>;
  const int64_t c = (int64_t{blockIdx.x} * kThreads + threadIdx.x) * W;
  const int64_t begin = int64_t{blockIdx.y} * kConv1dRowBlock;
  const int64_t end = begin + kConv1dRowBlock < o.N ? begin + kConv1dRowBlock : o.N;
  if (c >= o.C) return;
  const Weights<W, kTaps, T> w(o, c);
  Walk<W, kTaps, T> walk(o, c, begin);
  Window<W, kTaps, A> dp, dw;  // dp.row[j]: of token t - j
  dp.clear();
  dw.clear();
  int64_t out_end_index = walk.end_index;  // of the document of the token that dx is written for
  for (int64_t t = begin; t < end + kTaps - 1; ++t) {
    dp.advance();
#pragma unroll
    for (int k = 0; k < W; ++k) dp.row[0][k] = 0;
    if (t < o.N) {
      walk.step(t);
      A p[W];
      convolve(w, walk.x, p);
      const Vec<T, W> g = load<W>(dy + t * o.C + c);
#pragma unroll
      for (int k = 0; k < W; ++k) {
        const A s = sigmoid<T>(p[k]);
        dp.row[0][k] = widen(g[k]) * s * (A(1) + p[k] * (A(1) - s));
      }
      if (t < end)
#pragma unroll
        for (int j = 0; j < kTaps; ++j)
#pragma unroll
          for (int k = 0; k < W; ++k) dw.row[j][k] += dp.row[0][k] * walk.x.row[j][k];
    }
    const int64_t out = t - (kTaps - 1);
    if (out < begin) continue;
    while (o.documents.cu_seqlens[out_end_index] <= out) ++out_end_index;
    const int64_t reach = o.documents.cu_seqlens[out_end_index] - out;  // tokens of its document
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      A sum = 0;
#pragma unroll
      for (int j = 0; j < kTaps; ++j)  // the token j after it
        if (j < reach) sum += w.back[j][k] * dp.row[kTaps - 1 - j][k];
      to[k] = narrow_to<T>(sum);
    }
    store(dx + out * o.C + c, to);
  }
  if (!partial) return;
#pragma unroll
  for (int j = 0; j < kTaps; ++j)
    if (j < o.taps)
      for (int k = 0; k < W; ++k)
        partial[(blockIdx.y * o.taps + o.taps - 1 - j) * o.C + c + k] = dw.row[j][k];
}

// dw [C, taps] (+)= the sum of the blocks, in order.
template <class A>
__global__ void sum_blocks_kernel(const A* partial, int64_t blocks, int64_t C, int64_t taps, A* dw,
                                  bool accumulate) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;  // tap * C + channel
  if (i >= C * taps) return;
  A* const place = dw + i % C * taps + i / C;
  A sum = accumulate ? *place : A(0);
  for (int64_t b = 0; b < blocks; ++b) sum += partial[b * C * taps + i];
  *place = sum;
}

template <class T>
Operands<T> operands_of(const Tensor& x, const Tensor& w, const Tensor& cu_seqlens) {
  return {.x = x.data<T>(),
          .w = w.data<T>(),
          .documents = {cu_seqlens.data<int32_t>(), cu_seqlens.dim(0) - 1},
          .N = x.dim(0),
          .C = x.dim(1),
          .taps = w.dim(-1)};
}

// f.operator()<W, kTaps>(grid): 4 taps, the usual number, or up to 8.
template <class T, class F>
void visit_shape(const Operands<T>& o, bool aligned, F&& f) {
  constexpr int kWidth = kLanes < T >> 4 ? 4 : kLanes<T>;  // more would not fit in registers
  const auto grid = [&](int64_t width) {
    return dim3(grid_size(ceil_div(o.C, kThreads * width)),
                grid_size(ceil_div(o.N, kConv1dRowBlock)));
  };
  if (o.taps <= 4 && aligned) return f.template operator()<kWidth, 4>(grid(kWidth));
  if (o.taps <= 4) return f.template operator()<1, 4>(grid(1));
  f.template operator()<1, static_cast<int>(kConv1dMaxTaps)>(grid(1));
}

}  // namespace

void conv1d_silu_forward(Cuda device, const Tensor& x, const Tensor& w, const Tensor& cu_seqlens,
                         const Tensor& y, const Tensor&) {
  visit_float(x.dtype(), [&]<class T>() {
    const Operands<T> o = operands_of<T>(x, w, cu_seqlens);
    visit_shape(o, are_vectors(kLanes<T>, o.C, {x, y}), [&]<int W, int kTaps>(dim3 grid) {
      launch(device, forward_kernel<W, kTaps, T>, grid, kThreads, 0, o, y.data<T>());
    });
  });
}

void conv1d_silu_backward(Cuda device, const Tensor& dy, const Tensor& x, const Tensor& w,
                          const Tensor& cu_seqlens, const Tensor& dx, const GradTarget& dw,
                          const Tensor&, const Tensor&, const Tensor& partial) {
  visit_float(x.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const Operands<T> o = operands_of<T>(x, w, cu_seqlens);
    A* const sums = dw.wanted() ? partial.data<A>() : nullptr;
    visit_shape(o, are_vectors(kLanes<T>, o.C, {x, dy, dx}), [&]<int W, int kTaps>(dim3 grid) {
      launch(device, backward_kernel<W, kTaps, T>, grid, kThreads, 0, o, dy.data<T>(), dx.data<T>(),
             sums);
    });
    if (!dw.wanted()) return;
    constexpr int64_t kSumThreads = 64;
    launch(device, sum_blocks_kernel<A>, grid_size(ceil_div(o.C * o.taps, kSumThreads)),
           kSumThreads, 0, sums, partial.dim(0), o.C, o.taps, dw.tensor.data<A>(), dw.accumulate);
  });
}

}  // namespace hone::kernels
