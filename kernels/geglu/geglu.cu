// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/core/gelu_tanh.h"
#include "kernels/geglu/geglu.h"

namespace hone::kernels {
namespace {

// A matrix of T whose rows may be apart.
template <class T>
struct Rows {
  T* data;
  int64_t stride;
  explicit Rows(const Tensor& t) : data(t.data<T>()), stride(t.stride(0)) {}
  __device__ T* at(int64_t n, int64_t i) const { return data + n * stride + i; }
};

// (1 + tanh(a(x))) / 2.
template <class A>
__device__ A gelu_share(A x) {
  return A(1) / (A(1) + exp(A(-2) * gelu_a(x)));
}

template <class T>
struct Forward {
  Rows<T> gate, up, h;

  template <int W>
  __device__ void operator()(int64_t n, int64_t i) const {
    using A = acc_t<T>;
    const Vec<T, W> g = load<W>(gate.at(n, i)), u = load<W>(up.at(n, i));
    Vec<T, W> y;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const A x = widen(g[k]);
      y[k] = narrow_to<T>(rounded<T>(x * gelu_share(x)) * widen(u[k]));
    }
    store(h.at(n, i), y);
  }
};

template <class T>
struct Backward {
  Rows<T> dh, gate, up, dgate, dup;

  template <int W>
  __device__ void operator()(int64_t n, int64_t i) const {
    using A = acc_t<T>;
    const Vec<T, W> dy = load<W>(dh.at(n, i)), g = load<W>(gate.at(n, i)), u = load<W>(up.at(n, i));
    Vec<T, W> dg, du;
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const A x = widen(g[k]), d = widen(dy[k]);
      const A s = gelu_share(x);
      const A slope = gelu_twice_slope(x);
      du[k] = narrow_to<T>(d * x * s);
      dg[k] = narrow_to<T>(d * widen(u[k]) * s * (A(1) + x * (A(1) - s) * slope));
    }
    store(dgate.at(n, i), dg);
    store(dup.at(n, i), du);
  }
};

}  // namespace

void geglu_forward(Cuda device, const Tensor& gate, const Tensor& up, const Tensor& h) {
  visit_float(gate.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(device, rows_and_columns({gate, up, h}, kLanes<T>),
                               Forward<T>{Rows<T>(gate), Rows<T>(up), Rows<T>(h)});
  });
}

void geglu_backward(Cuda device, const Tensor& dh, const Tensor& gate, const Tensor& up,
                    const Tensor& dgate, const Tensor& dup) {
  visit_float(gate.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(
        device, rows_and_columns({dh, gate, up, dgate, dup}, kLanes<T>),
        Backward<T>{Rows<T>(dh), Rows<T>(gate), Rows<T>(up), Rows<T>(dgate), Rows<T>(dup)});
  });
}

}  // namespace hone::kernels
