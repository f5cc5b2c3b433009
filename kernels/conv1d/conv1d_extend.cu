// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A thread for each element of y; then, in a second kernel, one for each channel of each sequence moves
// the last inputs into the slot. Sums as in conv1d.cu: oldest tap first, so the bits are the same.
#include "kernels/conv1d/conv1d_extend.h"
#include "kernels/core/cuda/documents.cuh"
#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/vec.cuh"

namespace hone::kernels {
namespace {

constexpr int kThreads = 256;

template <class T>
struct Operands {
  const T *x, *w;  // w [C, W]
  Documents documents;
  const int32_t *slots, *starts;
  T* states;  // [slots, W-1, C]
  int64_t N, C, W;
};

// One channel of document s and of the sequence that it continues.
template <class T>
struct Channel {
  const T* x;  // of the document's first row
  T* state;    // of the slot's first row
  int64_t start, C, W;

  __device__ Channel(const Operands<T>& o, int64_t s, int64_t c)
      : x(o.x + o.documents.cu_seqlens[s] * o.C + c),
        state(o.states + o.slots[s] * (o.W - 1) * o.C + c),
        start(o.starts[s]),
        C(o.C),
        W(o.W) {}

  // The input i rows after the document's first (before it, if negative); 0 before the sequence.
  __device__ T input(int64_t i) const {
    if (i >= 0) return x[i * C];
    return i < -start ? narrow_to<T>(acc_t<T>(0)) : state[(W - 1 + i) * C];
  }
};

template <class T>
__global__ void __launch_bounds__(kThreads) convolve_kernel(Operands<T> o, T* y) {
  using A = acc_t<T>;
  const int64_t at = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (at >= o.N * o.C) return;
  const int64_t t = at / o.C, c = at - t * o.C;
  const int64_t s = o.documents.index_of_end(t) - 1;
  const Channel<T> channel(o, s, c);
  const int64_t i = t - o.documents.cu_seqlens[s];
  A p = 0;
  for (int64_t j = 0; j < o.W; ++j)
    p += widen(o.w[c * o.W + j]) * widen(channel.input(i - (o.W - 1) + j));
  y[at] = narrow_to<T>(p * (A(1) / (A(1) + exp(-p))));
}

// What a row comes from lies below it in the slot or in x, so in ascending order nothing is
// overwritten before it is read.
template <class T>
__global__ void __launch_bounds__(kThreads) remember_kernel(Operands<T> o) {
  const int64_t at = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (at >= o.documents.documents * o.C) return;
  const int64_t s = at / o.C;
  const int64_t rows = o.documents.cu_seqlens[s + 1] - o.documents.cu_seqlens[s];
  if (rows == 0) return;
  const Channel<T> channel(o, s, at - s * o.C);
  for (int64_t i = 0; i < o.W - 1; ++i)
    channel.state[i * o.C] = channel.input(rows - (o.W - 1) + i);
}

}  // namespace

void conv1d_silu_extend(Cuda device, const Tensor& x, const Tensor& w, const Tensor& cu_seqlens,
                        const Tensor& slots, const Tensor& starts, const Tensor& states,
                        const Tensor& y, const Tensor&) {
  visit_float(x.dtype(), [&]<class T>() {
    const Operands<T> o = {.x = x.data<T>(),
                           .w = w.data<T>(),
                           .documents = {cu_seqlens.data<int32_t>(), slots.dim(0)},
                           .slots = slots.data<int32_t>(),
                           .starts = starts.data<int32_t>(),
                           .states = states.data<T>(),
                           .N = x.dim(0),
                           .C = x.dim(1),
                           .W = w.dim(-1)};
    const auto blocks = [](int64_t n) { return grid_size(ceil_div(n, kThreads)); };
    launch(device, convolve_kernel<T>, blocks(o.N * o.C), kThreads, 0, o, y.data<T>());
    launch(device, remember_kernel<T>, blocks(slots.dim(0) * o.C), kThreads, 0, o);
  });
}

}  // namespace hone::kernels
