// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/moe/aux_loss.h"

namespace hone::kernels {
namespace {

constexpr int kWarps = 8;  // of a block

// The rows that count.
struct Counted {
  const int32_t* range;  // null: all n
  int64_t n;
  __device__ int64_t begin() const { return range ? range[0] : 0; }
  __device__ int64_t end() const { return range ? range[1] : n; }
};

template <class A>
struct SoftmaxScale {
  A largest, sum;
  __device__ A operator()(A logit) const { return exp(logit - largest) / sum; }
};

// Of a row of logits, by one warp.
template <class T>
__device__ SoftmaxScale<acc_t<T>> softmax_of(const T* row, int64_t E) {
  using A = acc_t<T>;
  A largest = -static_cast<A>(INFINITY), sum = 0;
  for (int64_t e = threadIdx.x % kWarp; e < E; e += kWarp)
    largest = A(widen(row[e])) > largest ? A(widen(row[e])) : largest;
  largest = warp_max(largest);
  for (int64_t e = threadIdx.x % kWarp; e < E; e += kWarp) sum += exp(A(widen(row[e])) - largest);
  return {largest, warp_sum(sum)};
}

// A block for each kLoadBalancingRowBlock rows, counted from the first that counts. Shared memory:
// [kWarps, 2, E] A, each warp's sums, which are then added in order.
template <class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    partial_kernel(const T* logits, const int32_t* ids, Counted counted, int64_t E, int64_t K,
                   acc_t<T>* probabilities, acc_t<T>* counts) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  A* const all = reinterpret_cast<A*>(shared);
  A *const sums = all + warp * 2 * E, *const chosen = sums + E;
  for (int64_t e = lane; e < 2 * E; e += kWarp) sums[e] = 0;
  __syncwarp();  // the warp's sums are zero
  const int64_t first = counted.begin() + int64_t{blockIdx.x} * kLoadBalancingRowBlock;
  for (int64_t r = warp; r < kLoadBalancingRowBlock && first + r < counted.end(); r += kWarps) {
    const T* const row = logits + (first + r) * E;
    const SoftmaxScale<A> q = softmax_of(row, E);
    for (int64_t e = lane; e < E; e += kWarp) sums[e] += q(A(widen(row[e])));
    // One lane: a token's experts differ, but their order must not matter.
    if (lane == 0)
      for (int64_t j = 0; j < K; ++j) chosen[ids[(first + r) * K + j]] += A(1);
    __syncwarp();  // the row is counted
  }
  __syncthreads();  // the sums of all warps are there
  for (int64_t e = threadIdx.x; e < E; e += blockDim.x) {
    A p = 0, c = 0;
    for (int w = 0; w < kWarps; ++w) {
      p += all[w * 2 * E + e];
      c += all[w * 2 * E + E + e];
    }
    probabilities[blockIdx.x * E + e] = p;
    counts[blockIdx.x * E + e] = c;
  }
}

// One block: a thread takes every 256th expert, then the threads' shares of the loss are added.
template <class A>
__global__ void __launch_bounds__(256)
    total_kernel(const A* probabilities, const A* counts, int64_t blocks, Counted counted,
                 int64_t layers, int64_t E, A* loss, A* fractions) {
  const int64_t rows = layers * (counted.end() - counted.begin());
  const double n = static_cast<double>(rows > 1 ? rows : 1);
  double share = 0;
  for (int64_t e = threadIdx.x; e < E; e += 256) {
    double p = 0, f = 0;
    for (int64_t b = 0; b < blocks; ++b) {
      p += static_cast<double>(probabilities[b * E + e]);
      f += static_cast<double>(counts[b * E + e]);
    }
    fractions[e] = static_cast<A>(f / n);
    share += f / n * (p / n);
  }
  share = block_sum(share);
  if (threadIdx.x == 0) *loss = static_cast<A>(static_cast<double>(E) * share);
}

// A warp per row.
template <class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    backward_kernel(const acc_t<T>* dloss, const T* logits, const acc_t<T>* f, Counted counted,
                    int64_t layers, int64_t E, T* dlogits) {
  using A = acc_t<T>;
  const int64_t n = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (n >= counted.n) return;
  const T* const row = logits + n * E;
  T* const out = dlogits + n * E;
  const int lane = threadIdx.x % kWarp;
  if (n < counted.begin() || n >= counted.end()) {
    for (int64_t e = lane; e < E; e += kWarp) out[e] = narrow_to<T>(A(0));
    return;
  }
  const int64_t rows = counted.end() - counted.begin();
  const A factor = *dloss * A(E) / A(layers * (rows > 1 ? rows : 1));
  const SoftmaxScale<A> q = softmax_of(row, E);
  A mean = 0;
  for (int64_t e = lane; e < E; e += kWarp) mean += q(A(widen(row[e]))) * f[e];
  mean = warp_sum(mean);
  for (int64_t e = lane; e < E; e += kWarp)
    out[e] = narrow_to<T>(factor * q(A(widen(row[e]))) * (f[e] - mean));
}

Counted counted_rows(const Tensor& counted, int64_t n) {
  return {counted.defined() ? counted.data<int32_t>() : nullptr, n};
}

}  // namespace

void load_balancing_partial(Cuda device, const Tensor& logits, const Tensor& ids,
                            const Tensor& counted, const Tensor& probabilities,
                            const Tensor& counts) {
  visit_float(logits.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t E = logits.dim(1);
    launch(device, partial_kernel<T>, grid_size(probabilities.dim(0)), kWarps * kWarp,
           static_cast<size_t>(kWarps * 2 * E) * sizeof(A), logits.data<T>(), ids.data<int32_t>(),
           counted_rows(counted, logits.dim(0)), E, ids.dim(1), probabilities.data<A>(),
           counts.data<A>());
  });
}

void load_balancing_total(Cuda device, const Tensor& probabilities, const Tensor& counts,
                          const Tensor& counted, int64_t n, int64_t layers,
                          const LoadBalancing& out) {
  visit_float(out.loss.dtype(), [&]<class A>() {
    if constexpr (!std::is_same_v<A, bf16>)
      launch(device, total_kernel<A>, 1, 256, 0, probabilities.data<A>(), counts.data<A>(),
             probabilities.dim(0), counted_rows(counted, n), layers, out.fractions.numel(),
             out.loss.data<A>(), out.fractions.data<A>());
  });
}

void load_balancing_backward(Cuda device, const Tensor& dloss, const Tensor& logits,
                             const Tensor& fractions, const Tensor& counted, int64_t layers,
                             const Tensor& dlogits) {
  visit_float(logits.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t N = logits.dim(0);
    launch(device, backward_kernel<T>, grid_size(ceil_div(N, kWarps)), kWarps * kWarp, 0,
           dloss.data<A>(), logits.data<T>(), fractions.data<A>(), counted_rows(counted, N), layers,
           logits.dim(1), dlogits.data<T>());
  });
}

}  // namespace hone::kernels
