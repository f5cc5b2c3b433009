// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/sigmoid_gate/sigmoid_gate.h"

namespace hone::kernels {
namespace {

// f(first element in a contiguous [N, H, D], first element in z) for every head of every row.
template <class F>
void for_each_head(const Tensor& z, F&& f) {
  const int64_t H = z.dim(1), D = z.dim(2);
  parallel_for(z.dim(0) * H, grain_for(20 * D), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) f(i * D, i / H * z.stride(0) + i % H * z.stride(1));
  });
}

}  // namespace

template <Isa I>
void sigmoid_gate_forward(Cpu<I>, const Tensor& a, const Tensor& z, const Tensor& y) {
  visit_float(a.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t D = z.dim(2);
    for_each_head(z, [&](int64_t at, int64_t gate_at) {
      const T *x = a.data<T>() + at, *gate = z.data<T>() + gate_at;
      T* out = y.data<T>() + at;
#pragma omp simd
      for (int64_t d = 0; d < D; ++d) out[d] = T(A(x[d]) * A(T(sigmoid(A(gate[d])))));
    });
  });
}

template <Isa I>
void sigmoid_gate_backward(Cpu<I>, const Tensor& dy, const Tensor& a, const Tensor& z,
                           const SigmoidGateGradients& out) {
  visit_float(a.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t D = z.dim(2);
    for_each_head(z, [&](int64_t at, int64_t gate_at) {
      const T *g = dy.data<T>() + at, *x = a.data<T>() + at, *gate = z.data<T>() + gate_at;
      T *da = out.da.data<T>() + at, *dz = out.dz.data<T>() + at;
#pragma omp simd
      for (int64_t d = 0; d < D; ++d) {
        const A s = sigmoid(A(gate[d]));
        da[d] = T(A(g[d]) * s);
        dz[d] = T(A(g[d]) * A(x[d]) * s * (A(1) - s));
      }
    });
  });
}

template <Isa I>
void add_gated_forward(Cpu<I>, const Tensor& routed, const Tensor& shared, const Tensor& z,
                       const Tensor& y) {
  visit_float(y.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t C = y.dim(1);
    parallel_for(y.dim(0), grain_for(2 * C), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T *r = routed.data<T>() + n * C, *x = shared.data<T>() + n * C;
        T* out = y.data<T>() + n * C;
        const A s = A(T(sigmoid(A(z.data<T>()[n]))));
        for (int64_t c = 0; c < C; ++c) out[c] = T(A(r[c]) + A(T(s * A(x[c]))));
      }
    });
  });
}

template <Isa I>
void add_gated_backward(Cpu<I>, const Tensor& dy, const Tensor& shared, const Tensor& z,
                        const AddGatedGradients& out) {
  visit_float(dy.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t C = dy.dim(1);
    parallel_for(dy.dim(0), grain_for(3 * C), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const T *g = dy.data<T>() + n * C, *x = shared.data<T>() + n * C;
        T* dx = out.dshared.data<T>() + n * C;
        const A s = sigmoid(A(z.data<T>()[n]));
        A dot = 0;
#pragma omp simd reduction(+ : dot)
        for (int64_t c = 0; c < C; ++c) dot += A(g[c]) * A(x[c]);
        for (int64_t c = 0; c < C; ++c) dx[c] = T(A(g[c]) * s);
        out.dz.data<T>()[n] = T(dot * s * (A(1) - s));
      }
    });
  });
}

template void sigmoid_gate_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);
template void sigmoid_gate_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                    const SigmoidGateGradients&);
template void add_gated_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                const Tensor&);
template void add_gated_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                 const AddGatedGradients&);

}  // namespace hone::kernels
