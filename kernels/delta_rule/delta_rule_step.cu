// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A block for 32 columns of one state: a column's lane in each of 8 warps, which share the rows. The
// warps' sums meet in shared memory and are added in order. The second reading of the state comes from
// the cache.
#include "kernels/core/cuda/heads.cuh"
#include "kernels/core/cuda/launch.cuh"
#include "kernels/delta_rule/delta_rule_step.h"

namespace hone::kernels {
namespace {

constexpr int kGroups = 8;  // of rows

template <class T>
struct Operands {
  Heads<T> q, k, v;
  const acc_t<T>*g, *beta;  // [N, Hv]
  const int32_t* slots;
  acc_t<T>* states;  // [slots, Hv, Dk, Dv]
  T* o;              // [N, Hv, Dv]
  int64_t Hv, Dk, Dv, column_blocks;
  acc_t<T> query_scale;
};

// Every thread of a column gets the sum over the groups of rows. To be called by all threads.
template <class A>
__device__ A sum_of_groups(A x) {
  __shared__ A groups[kGroups][kWarp];
  __syncthreads();  // the sums before these have been read
  groups[threadIdx.y][threadIdx.x] = x;
  __syncthreads();  // all are there
  A total = 0;
#pragma unroll
  for (int i = 0; i < kGroups; ++i) total += groups[i][threadIdx.x];
  return total;
}

template <class T>
__global__ void __launch_bounds__(kGroups* kWarp) step_kernel(Operands<T> a) {
  using A = acc_t<T>;
  const int64_t head = blockIdx.x / a.column_blocks;  // n * Hv + h
  const int64_t n = head / a.Hv, h = head - n * a.Hv;
  const int64_t j = (blockIdx.x - head * a.column_blocks) * kWarp + threadIdx.x;
  const bool there = j < a.Dv;
  const int64_t key_head = h / (a.Hv / a.q.H);
  const T *const q = a.q.at(n, key_head), *const k = a.k.at(n, key_head);
  A* const column = a.states + (int64_t{a.slots[n]} * a.Hv + h) * a.Dk * a.Dv + j;
  const A decay = exp(a.g[head]), beta = a.beta[head];

  A held = 0;  // S^T k
  if (there)
    for (int64_t i = threadIdx.y; i < a.Dk; i += kGroups) held += column[i * a.Dv] * widen(k[i]);
  held = sum_of_groups(held);
  const A delta = there ? beta * (widen(a.v.at(n, h)[j]) - decay * held) : A(0);

  A out = 0;
  if (there)
    for (int64_t i = threadIdx.y; i < a.Dk; i += kGroups) {
      const A s = decay * column[i * a.Dv] + widen(k[i]) * delta;
      column[i * a.Dv] = s;
      out += s * (a.query_scale * widen(q[i]));
    }
  out = sum_of_groups(out);
  if (there && threadIdx.y == 0) a.o[head * a.Dv + j] = narrow_to<T>(out);
}

}  // namespace

void gated_delta_rule_step(Cuda device, const DeltaStepInput& in, const Tensor& states,
                           const Tensor& o) {
  visit_float(in.v.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t Dk = in.q.dim(2), Dv = in.v.dim(2);
    const Operands<T> a = {.q = Heads<T>(in.q),
                           .k = Heads<T>(in.k),
                           .v = Heads<T>(in.v),
                           .g = in.g.data<A>(),
                           .beta = in.beta.data<A>(),
                           .slots = in.slots.data<int32_t>(),
                           .states = states.data<A>(),
                           .o = o.data<T>(),
                           .Hv = in.v.dim(1),
                           .Dk = Dk,
                           .Dv = Dv,
                           .column_blocks = ceil_div(Dv, kWarp),
                           .query_scale = A(1) / std::sqrt(static_cast<A>(Dk))};
    launch(device, step_kernel<T>, grid_size(in.v.dim(0) * a.Hv * a.column_blocks),
           dim3(kWarp, kGroups), 0, a);
  });
}

}  // namespace hone::kernels
