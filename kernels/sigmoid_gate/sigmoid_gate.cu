// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/core/cuda/heads.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/sigmoid.cuh"
#include "kernels/sigmoid_gate/sigmoid_gate.h"

namespace hone::kernels {
namespace {

template <class T>
struct GateForward {
  const T* a;
  Heads<T> z;
  T* y;
  int64_t D;

  template <int W>
  __device__ void operator()(int64_t head, int64_t d) const {
    using A = acc_t<T>;
    const Vec<T, W> x = load<W>(a + head * D + d), gate = load<W>(z.at(head) + d);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k)
      out[k] = narrow_to<T>(widen(x[k]) * rounded<T>(sigmoid<T>(A(widen(gate[k])))));
    store(y + head * D + d, out);
  }
};

template <class T>
struct GateBackward {
  const T *dy, *a;
  Heads<T> z;
  T *da, *dz;
  int64_t D;

  template <int W>
  __device__ void operator()(int64_t head, int64_t d) const {
    using A = acc_t<T>;
    const int64_t at = head * D + d;
    const Vec<T, W> g = load<W>(dy + at), x = load<W>(a + at), gate = load<W>(z.at(head) + d);
    Vec<T, W> to_a, to_z;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const A s = sigmoid<T>(A(widen(gate[k])));
      to_a[k] = narrow_to<T>(widen(g[k]) * s);
      to_z[k] = narrow_to<T>(widen(g[k]) * widen(x[k]) * s * (A(1) - s));
    }
    store(da + at, to_a);
    store(dz + at, to_z);
  }
};

template <class T>
struct AddForward {
  const T *routed, *shared, *z;
  T* y;
  int64_t C;

  template <int W>
  __device__ void operator()(int64_t n, int64_t c) const {
    using A = acc_t<T>;
    const A s = rounded<T>(sigmoid<T>(A(widen(z[n]))));
    const Vec<T, W> r = load<W>(routed + n * C + c), x = load<W>(shared + n * C + c);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k) out[k] = narrow_to<T>(widen(r[k]) + rounded<T>(s * widen(x[k])));
    store(y + n * C + c, out);
  }
};

constexpr int kThreads = 128;

// A block per row: dz needs a sum over it.
template <int W, class T>
__global__ void __launch_bounds__(kThreads)
    add_backward_kernel(const T* dy, const T* shared, const T* z, int64_t C, T* dshared, T* dz) {
  using A = acc_t<T>;
  const int64_t n = blockIdx.x, at = n * C;
  const A s = sigmoid<T>(A(widen(z[n])));
  A dot = 0;
  for (int64_t c = int64_t{threadIdx.x} * W; c < C; c += kThreads * W) {
    const Vec<T, W> g = load<W>(dy + at + c), x = load<W>(shared + at + c);
    Vec<T, W> out;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      dot += widen(g[k]) * widen(x[k]);
      out[k] = narrow_to<T>(widen(g[k]) * s);
    }
    store(dshared + at + c, out);
  }
  dot = block_sum(dot);
  if (threadIdx.x == 0) dz[n] = narrow_to<T>(dot * s * (A(1) - s));
}

// Heads as rows of a matrix.
RowsAndColumns head_rows(int width, const Tensor& z, std::initializer_list<Tensor> contiguous) {
  return {
      .rows = z.dim(0) * z.dim(1),
      .columns = z.dim(2),
      .whole_vectors = are_head_vectors(width, {z}) && are_vectors(width, z.dim(2), contiguous)};
}

}  // namespace

void sigmoid_gate_forward(Cuda device, const Tensor& a, const Tensor& z, const Tensor& y) {
  visit_float(a.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, head_rows(kLanes<T>, z, {a, y}),
                               GateForward<T>{a.data<T>(), Heads<T>(z), y.data<T>(), z.dim(2)});
  });
}

void sigmoid_gate_backward(Cuda device, const Tensor& dy, const Tensor& a, const Tensor& z,
                           const SigmoidGateGradients& out) {
  visit_float(a.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, head_rows(kLanes<T>, z, {dy, a, out.da, out.dz}),
                               GateBackward<T>{dy.data<T>(), a.data<T>(), Heads<T>(z),
                                               out.da.data<T>(), out.dz.data<T>(), z.dim(2)});
  });
}

void add_gated_forward(Cuda device, const Tensor& routed, const Tensor& shared, const Tensor& z,
                       const Tensor& y) {
  visit_float(y.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(
        device, rows_and_columns({routed, shared, y}, kLanes<T>),
        AddForward<T>{routed.data<T>(), shared.data<T>(), z.data<T>(), y.data<T>(), y.dim(1)});
  });
}

void add_gated_backward(Cuda device, const Tensor& dy, const Tensor& shared, const Tensor& z,
                        const AddGatedGradients& out) {
  visit_float(dy.dtype(), [&]<class T>() {
    const auto run = [&]<int W>() {
      launch(device, add_backward_kernel<W, T>, grid_size(dy.dim(0)), kThreads, 0, dy.data<T>(),
             shared.data<T>(), z.data<T>(), dy.dim(1), out.dshared.data<T>(), out.dz.data<T>());
    };
    if (are_vectors(kLanes<T>, dy.dim(1), {dy, shared, out.dshared}))
      run.template operator()<kLanes<T>>();
    else
      run.template operator()<1>();
  });
}

}  // namespace hone::kernels
