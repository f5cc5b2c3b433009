// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A thread walks a block of tokens of W neighbouring channels, with the last taps in registers: x is
// read once, some tokens at a time so that their loads are under way together. Backward walks on into
// the next block by the taps that reach back from there, so that dp never leaves the registers.
#include "kernels/conv1d/conv1d.h"
#include "kernels/core/cuda/documents.cuh"
#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/sigmoid.cuh"
#include "kernels/core/cuda/vec.cuh"

namespace hone::kernels {
namespace {

constexpr int kThreads = 64;
constexpr int kForwardTokens = 8, kBackwardTokens = 4;  // loaded together
constexpr int64_t kForwardRowBlock = 64;                // at most: forward has no partial sums

template <class T>
struct Operands {
  const T *x, *w;  // w [C, taps]
  Documents documents;
  int64_t N, C, taps;
  int64_t row_block;
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
  const int32_t* next_ends;  // of the documents after the current one
  int64_t end;               // of the current document
  Window<W, kTaps, acc_t<T>> x;

  __device__ Walk(const Operands<T>& o, int64_t c, int64_t begin) {
    const int64_t end_index = o.documents.index_of_end(begin);
    const int64_t first = o.documents.cu_seqlens[end_index - 1];
    end = o.documents.cu_seqlens[end_index];
    next_ends = o.documents.cu_seqlens + end_index + 1;
    x.clear();
    for (int64_t t = begin - (kTaps - 1) > first ? begin - (kTaps - 1) : first; t < begin; ++t)
      x.push(load<W>(o.x + t * o.C + c));
  }
  __device__ void step(int64_t t, const Vec<T, W>& of_t) {
    if (t == end) {
      do end = *next_ends++;
      while (end == t);
      x.clear();
    }
    x.push(of_t);
  }
};

// rows[i] = the row of token t + i, for the tokens before `end`.
template <int W, int kTokens, class T>
__device__ void load_rows(const T* p, int64_t C, int64_t t, int64_t end,
                          Vec<T, W> (&rows)[kTokens]) {
#pragma unroll
  for (int i = 0; i < kTokens; ++i)
    if (t + i < end) rows[i] = load<W>(p + i * C);
}

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
  const int64_t begin = int64_t{blockIdx.y} * o.row_block;
  const int64_t end = begin + o.row_block < o.N ? begin + o.row_block : o.N;
  if (c >= o.C) return;
  const Weights<W, kTaps, T> w(o, c);
  Walk<W, kTaps, T> walk(o, c, begin);
  for (int64_t t = begin; t < end; t += kForwardTokens) {
    Vec<T, W> x[kForwardTokens];
    load_rows(o.x + t * o.C + c, o.C, t, end, x);
#pragma unroll
    for (int i = 0; i < kForwardTokens; ++i) {
      if (t + i >= end) return;
      walk.step(t + i, x[i]);
      A p[W];
      convolve(w, walk.x, p);
      Vec<T, W> out;
#pragma unroll
      for (int k = 0; k < W; ++k) out[k] = narrow_to<T>(p[k] * sigmoid<T>(p[k]));
      store(y + (t + i) * o.C + c, out);
    }
  }
}

// What a thread keeps backward.
template <int W, int kTaps, class T>
struct Gradients {
  using A = acc_t<T>;
  const Weights<W, kTaps, T>& w;
  Window<W, kTaps, A> dp, dw;  // dp.row[j]: of token t - j
  const int32_t* next_ends;    // of the documents after that of the token that dx is written for
  int64_t end;                 // of that document

  __device__ Gradients(const Weights<W, kTaps, T>& weights, const Walk<W, kTaps, T>& walk)
      : w(weights), next_ends(walk.next_ends), end(walk.end) {
    dp.clear();
    dw.clear();
  }

  // dp of the token whose window is x, and its share of dw if that is `counted`.
  __device__ void add_token(const Window<W, kTaps, A>& x, const Vec<T, W>& dy, bool counted) {
    A p[W];
    convolve(w, x, p);
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const A s = sigmoid<T>(p[k]);
      dp.row[0][k] = widen(dy[k]) * s * (A(1) + p[k] * (A(1) - s));
    }
    if (!counted) return;
#pragma unroll
    for (int j = 0; j < kTaps; ++j)
#pragma unroll
      for (int k = 0; k < W; ++k) dw.row[j][k] += dp.row[0][k] * x.row[j][k];
  }

  // dx of token t, the oldest of dp.
  __device__ Vec<T, W> dx(int64_t t) {
    while (end <= t) end = *next_ends++;
    Vec<T, W> to;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      A sum = 0;
#pragma unroll
      for (int j = 0; j < kTaps; ++j)  // the token j after it, if it is of the same document
        if (t + j < end) sum += w.back[j][k] * dp.row[kTaps - 1 - j][k];
      to[k] = narrow_to<T>(sum);
    }
    return to;
  }
};

// partial [blocks, taps, C] may be null: dw is unwanted.
template <int W, int kTaps, class T>
__global__ void __launch_bounds__(kThreads)
    backward_kernel(Operands<T> o, const T* dy, T* dx, acc_t<T>* partial) {
  const int64_t c = (int64_t{blockIdx.x} * kThreads + threadIdx.x) * W;
  const int64_t begin = int64_t{blockIdx.y} * o.row_block;
  const int64_t end = begin + o.row_block < o.N ? begin + o.row_block : o.N;
  if (c >= o.C) return;
  const Weights<W, kTaps, T> w(o, c);
  Walk<W, kTaps, T> walk(o, c, begin);
  Gradients<W, kTaps, T> gradients(w, walk);
  const int64_t last = end + kTaps - 1;  // dx trails by the taps
  for (int64_t t = begin; t < last; t += kBackwardTokens) {
    Vec<T, W> x[kBackwardTokens], g[kBackwardTokens];
    const int64_t readable = last < o.N ? last : o.N;
    load_rows(o.x + t * o.C + c, o.C, t, readable, x);
    load_rows(dy + t * o.C + c, o.C, t, readable, g);
#pragma unroll
    for (int i = 0; i < kBackwardTokens; ++i) {
      if (t + i >= last) break;
      gradients.dp.advance();
      if (t + i < o.N) {
        walk.step(t + i, x[i]);
        gradients.add_token(walk.x, g[i], t + i < end);
      } else {
#pragma unroll
        for (int k = 0; k < W; ++k) gradients.dp.row[0][k] = 0;
      }
      const int64_t out = t + i - (kTaps - 1);
      if (out >= begin) store(dx + out * o.C + c, gradients.dx(out));
    }
  }
  if (!partial) return;
#pragma unroll
  for (int j = 0; j < kTaps; ++j)
    if (j < o.taps)
      for (int k = 0; k < W; ++k)
        partial[(blockIdx.y * o.taps + o.taps - 1 - j) * o.C + c + k] = gradients.dw.row[j][k];
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
          .taps = w.dim(-1),
          .row_block = conv1d_row_block(x.dim(0), x.dim(1), x.device())};
}

// f.operator()<W, kTaps>(grid): 4 taps, the usual number, or up to 8.
template <class T, class F>
void visit_shape(const Operands<T>& o, bool aligned, F&& f) {
  constexpr int kWidth = std::min(kLanes<T>, 4);  // more would not fit in registers
  const auto grid = [&](int64_t width) {
    return dim3(grid_size(ceil_div(o.C, kThreads * width)), grid_size(ceil_div(o.N, o.row_block)));
  };
  if (o.taps <= 4 && aligned) return f.template operator()<kWidth, 4>(grid(kWidth));
  if (o.taps <= 4) return f.template operator()<1, 4>(grid(1));
  f.template operator()<1, static_cast<int>(kConv1dMaxTaps)>(grid(1));
}

}  // namespace

void conv1d_silu_forward(Cuda device, const Tensor& x, const Tensor& w, const Tensor& cu_seqlens,
                         const Tensor& y, const Tensor&) {
  visit_float(x.dtype(), [&]<class T>() {
    Operands<T> o = operands_of<T>(x, w, cu_seqlens);
    o.row_block = std::min(o.row_block, kForwardRowBlock);
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
