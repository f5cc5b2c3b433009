// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp per token. Its logits lie in shared memory, widened; the K largest are found one after the
// other, each lane looking at every 32nd expert.
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/moe/route.h"

namespace hone::kernels {
namespace {

constexpr int kWarps = 4;  // of a block

template <class A>
struct Best {
  A value;
  int32_t id;  // none: INT32_MAX

  // Of equal values the lower id is better; NaN never is.
  __device__ void take(A v, int32_t i) {
    if (v > value || (v == value && i < id)) {
      value = v;
      id = i;
    }
  }
};

// The best of all lanes, in every lane.
template <class A>
__device__ Best<A> warp_best(Best<A> best) {
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset /= 2)
    best.take(__shfl_xor_sync(~0u, best.value, offset), __shfl_xor_sync(~0u, best.id, offset));
  return best;
}

__device__ bool is_chosen(const int32_t* ids, int64_t count, int32_t e) {
  for (int64_t j = 0; j < count; ++j)
    if (ids[j] == e) return true;
  return false;
}

// ids[j] of the token, given those before it. All lanes get it.
template <class A>
__device__ int32_t next_expert(const A* logits, int64_t E, const int32_t* ids, int64_t j) {
  Best<A> best = {-static_cast<A>(INFINITY), INT32_MAX};
  for (int32_t e = threadIdx.x % kWarp; e < E; e += kWarp)
    if (!is_chosen(ids, j, e)) best.take(logits[e], e);
  best = warp_best(best);
  if (best.id != INT32_MAX) return best.id;
  int32_t e = 0;  // nothing but NaN is left
  while (is_chosen(ids, j, e)) ++e;
  return e;
}

template <class A>
struct SoftmaxScale {
  A largest, sum;
  __device__ A operator()(A logit) const { return exp(logit - largest) / sum; }
};

template <class A>
__device__ SoftmaxScale<A> softmax_of_all(const A* logits, int64_t E) {
  A largest = -static_cast<A>(INFINITY), sum = 0;
  for (int64_t e = threadIdx.x % kWarp; e < E; e += kWarp)
    largest = logits[e] > largest ? logits[e] : largest;
  largest = warp_max(largest);
  for (int64_t e = threadIdx.x % kWarp; e < E; e += kWarp) sum += exp(logits[e] - largest);
  return {largest, warp_sum(sum)};
}

template <class A>
__device__ SoftmaxScale<A> softmax_of_chosen(const A* logits, const int32_t* ids, int64_t K) {
  A largest = logits[ids[0]], sum = 0;
  for (int64_t j = 1; j < K; ++j) largest = logits[ids[j]] > largest ? logits[ids[j]] : largest;
  for (int64_t j = 0; j < K; ++j) sum += exp(logits[ids[j]] - largest);
  return {largest, sum};
}

// A warp's logits in shared memory; null for warps beyond the last token.
template <class T>
__device__ acc_t<T>* load_logits(const T* logits, int64_t n, int64_t E, unsigned char* shared) {
  auto* const row = reinterpret_cast<acc_t<T>*>(shared) + threadIdx.x / kWarp * E;
  for (int64_t e = threadIdx.x % kWarp; e < E; e += kWarp) row[e] = widen(logits[n * E + e]);
  __syncwarp();  // the lanes read each other's
  return row;
}

template <class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    forward_kernel(const T* logits, int64_t N, int64_t E, int64_t K, bool renormalise, bool replay,
                   int32_t* all_ids, acc_t<T>* exact, T* weights) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  const int64_t n = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (n >= N) return;
  const A* const row = load_logits(logits, n, E, shared);
  int32_t* const ids = all_ids + n * K;
  for (int64_t j = 0; j < K && !replay; ++j) {
    const int32_t e = next_expert(row, E, ids, j);
    __syncwarp();  // all lanes have read the ids so far
    if (threadIdx.x % kWarp == 0) ids[j] = e;
    __syncwarp();  // and see the new one
  }
  const SoftmaxScale<A> p = renormalise ? softmax_of_chosen(row, ids, K) : softmax_of_all(row, E);
  for (int64_t j = threadIdx.x % kWarp; j < K; j += kWarp) {
    const A w = p(row[ids[j]]);
    exact[n * K + j] = w;
    weights[n * K + j] = narrow_to<T>(w);
  }
}

template <class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    backward_kernel(const T* dw, const T* logits, const int32_t* all_ids, int64_t N, int64_t E,
                    int64_t K, T* dlogits) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  const int64_t n = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (n >= N) return;
  const A* const row = load_logits(logits, n, E, shared);
  const int32_t* const ids = all_ids + n * K;
  const T* const g = dw + n * K;
  const SoftmaxScale<A> p = softmax_of_all(row, E);
  A dot = 0;
  for (int64_t j = 0; j < K; ++j) dot += p(row[ids[j]]) * widen(g[j]);
  for (int64_t e = threadIdx.x % kWarp; e < E; e += kWarp) {
    A d = -dot;
    for (int64_t j = 0; j < K; ++j)
      if (ids[j] == e) d = widen(g[j]) - dot;
    dlogits[n * E + e] = narrow_to<T>(p(row[e]) * d);
  }
}

template <class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    renormalised_backward_kernel(const T* dw, const acc_t<T>* exact, const int32_t* all_ids,
                                 int64_t N, int64_t E, int64_t K, T* dlogits) {
  using A = acc_t<T>;
  const int64_t n = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (n >= N) return;
  const int32_t* const ids = all_ids + n * K;
  const A* const w = exact + n * K;
  const T* const g = dw + n * K;
  A dot = 0;
  for (int64_t j = 0; j < K; ++j) dot += w[j] * widen(g[j]);
  for (int64_t e = threadIdx.x % kWarp; e < E; e += kWarp) {
    A d = 0;
    for (int64_t j = 0; j < K; ++j)
      if (ids[j] == e) d = w[j] * (widen(g[j]) - dot);
    dlogits[n * E + e] = narrow_to<T>(d);
  }
}

}  // namespace

void moe_route_forward(Cuda device, const Tensor& logits, bool renormalise, bool replay,
                       const MoeRouteOutput& out) {
  visit_float(logits.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t N = logits.dim(0), E = logits.dim(1), K = out.ids.dim(1);
    launch(device, forward_kernel<T>, grid_size(ceil_div(N, kWarps)), kWarps * kWarp,
           static_cast<size_t>(kWarps * E) * sizeof(A), logits.data<T>(), N, E, K, renormalise,
           replay, out.ids.data<int32_t>(), out.exact.data<A>(), out.weights.data<T>());
  });
}

void moe_route_backward(Cuda device, const Tensor& dw, const Tensor& logits, const Tensor& ids,
                        const Tensor& dlogits) {
  visit_float(logits.dtype(), [&]<class T>() {
    const int64_t N = logits.dim(0), E = logits.dim(1);
    launch(device, backward_kernel<T>, grid_size(ceil_div(N, kWarps)), kWarps * kWarp,
           static_cast<size_t>(kWarps * E) * sizeof(acc_t<T>), dw.data<T>(), logits.data<T>(),
           ids.data<int32_t>(), N, E, ids.dim(1), dlogits.data<T>());
  });
}

void moe_route_renormalised_backward(Cuda device, const Tensor& dw, const Tensor& exact,
                                     const Tensor& ids, const Tensor& dlogits) {
  visit_float(dw.dtype(), [&]<class T>() {
    const int64_t N = dw.dim(0);
    launch(device, renormalised_backward_kernel<T>, grid_size(ceil_div(N, kWarps)), kWarps * kWarp,
           0, dw.data<T>(), exact.data<acc_t<T>>(), ids.data<int32_t>(), N, dlogits.dim(1),
           ids.dim(1), dlogits.data<T>());
  });
}

}  // namespace hone::kernels
