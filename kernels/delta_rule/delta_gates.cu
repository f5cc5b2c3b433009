// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/column_sum.cuh"
#include "kernels/core/cuda/sigmoid.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/delta_rule/delta_gates.h"

namespace hone::kernels {
namespace {

constexpr int kThreads = 256;

// log(1 + e^u) without overflow for any u.
template <class A>
__device__ A softplus(A u) {
  return (u > A(0) ? u : A(0)) + log1p(exp(-abs(u)));
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    forward_kernel(const T* a, const T* b, const acc_t<T>* a_log, const acc_t<T>* dt_bias,
                   int64_t elements, int64_t H, acc_t<T>* g, acc_t<T>* beta) {
  using A = acc_t<T>;
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i >= elements) return;
  const int64_t h = i % H;
  g[i] = -exp(a_log[h]) * softplus(A(widen(a[i])) + dt_bias[h]);
  beta[i] = rounded<T>(sigmoid<T>(A(widen(b[i]))));
}

template <class T>
struct BackwardOperands {
  const acc_t<T>*dg, *dbeta;  // either may be null
  const T *a, *b;
  const acc_t<T>*a_log, *dt_bias;
  T *da, *db;
  acc_t<T>* partial;  // [blocks, 2, H]; null: no gradient of a parameter is wanted
  int64_t N, H;
};

constexpr int kRowGroups = 16;  // of a block's rows, a warp each

// A block takes 32 heads of kDeltaGatesRowBlock rows, a thread every kRowGroups-th row of one head;
// neighbouring threads take neighbouring heads, so that reads are coalesced. The groups' sums are
// added in order.
template <class T>
__global__ void __launch_bounds__(kWarp* kRowGroups) backward_kernel(BackwardOperands<T> o) {
  using A = acc_t<T>;
  __shared__ A sums[2][kRowGroups][kWarp];
  const int64_t h = int64_t{blockIdx.x} * kWarp + threadIdx.x;
  const bool there = h < o.H;
  const int64_t begin = int64_t{blockIdx.y} * kDeltaGatesRowBlock;
  const int64_t end = begin + kDeltaGatesRowBlock < o.N ? begin + kDeltaGatesRowBlock : o.N;
  const A rate = o.dg && there ? -exp(o.a_log[h]) : A(0);
  const A bias = o.dg && there ? o.dt_bias[h] : A(0);
  A sum_a_log = 0, sum_dt_bias = 0;
#pragma unroll 4
  for (int64_t n = begin + threadIdx.y; n < (there ? end : begin); n += kRowGroups) {
    const int64_t i = n * o.H + h;
    if (o.dbeta) {
      const A s = sigmoid<T>(A(widen(o.b[i])));
      o.db[i] = narrow_to<T>(o.dbeta[i] * s * (A(1) - s));
    }
    if (!o.dg) continue;
    const A d = o.dg[i], u = A(widen(o.a[i])) + bias, du = d * rate * sigmoid<T>(u);
    o.da[i] = narrow_to<T>(du);
    sum_a_log += d * rate * softplus(u);
    sum_dt_bias += du;
  }
  if (!o.partial) return;
  sums[0][threadIdx.y][threadIdx.x] = sum_a_log;
  sums[1][threadIdx.y][threadIdx.x] = sum_dt_bias;
  __syncthreads();  // all groups are there
  if (threadIdx.y >= 2 || !there) return;
  A total = 0;
  for (int group = 0; group < kRowGroups; ++group) total += sums[threadIdx.y][group][threadIdx.x];
  o.partial[(int64_t{blockIdx.y} * 2 + threadIdx.y) * o.H + h] = total;
}

// target (+)= the sum over blocks of partial[block, which, :].
template <class A>
void sum_blocks(Cuda device, const Tensor& partial, int64_t which, const GradTarget& target) {
  if (!target.wanted()) return;
  const Tensor slice = partial.narrow(1, which, 1);
  column_sum<A>(device, slice.data<A>(), partial.dim(0), slice.stride(0), target);
}

}  // namespace

void delta_gates_forward(Cuda device, const Tensor& a, const Tensor& b, const Tensor& a_log,
                         const Tensor& dt_bias, const DeltaGates& out) {
  visit_float(a.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    launch(device, forward_kernel<T>, grid_size(ceil_div(a.numel(), kThreads)), kThreads, 0,
           a.data<T>(), b.data<T>(), a_log.data<A>(), dt_bias.data<A>(), a.numel(), a.dim(1),
           out.g.data<A>(), out.beta.data<A>());
  });
}

void delta_gates_backward(Cuda device, const Tensor& dg, const Tensor& dbeta, const Tensor& a,
                          const Tensor& b, const Tensor& a_log, const Tensor& dt_bias,
                          const DeltaGatesGrads& out, const GradTarget& da_log,
                          const GradTarget& ddt_bias, const Tensor& partial) {
  visit_float(a.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const BackwardOperands<T> o = {.dg = data_or_null<A>(dg),
                                   .dbeta = data_or_null<A>(dbeta),
                                   .a = a.data<T>(),
                                   .b = b.data<T>(),
                                   .a_log = a_log.data<A>(),
                                   .dt_bias = dt_bias.data<A>(),
                                   .da = out.da.defined() ? out.da.data<T>() : nullptr,
                                   .db = out.db.defined() ? out.db.data<T>() : nullptr,
                                   .partial = partial.defined() ? partial.data<A>() : nullptr,
                                   .N = a.dim(0),
                                   .H = a.dim(1)};
    const dim3 grid(grid_size(ceil_div(o.H, kWarp)), grid_size(ceil_div(o.N, kDeltaGatesRowBlock)));
    launch(device, backward_kernel<T>, grid, dim3(kWarp, kRowGroups), 0, o);
    if (!partial.defined()) return;
    sum_blocks<A>(device, partial, 0, da_log);
    sum_blocks<A>(device, partial, 1, ddt_bias);
  });
}

}  // namespace hone::kernels
