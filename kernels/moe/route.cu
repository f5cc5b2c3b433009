// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A warp per token. Forward, each lane keeps the keys of neighbouring experts (of up to 512 in
// all in registers): integers that order as the logits do. The K largest are found one after
// the other, the largest key of the warp by one instruction. Backward writes the rows of the experts
// that were not chosen, then the K others.
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/warp_row.cuh"
#include "kernels/moe/route.h"

namespace hone::kernels {
namespace {

constexpr int kWarps = 4;  // of a block

// Larger logits have larger keys, equal ones (0 and -0, too) the same. 0: not to be chosen.
template <class A>
struct KeyOf;
template <>
struct KeyOf<float> {
  using Key = uint32_t;
  static __device__ Key bits(float x) { return __float_as_uint(x); }
};
template <>
struct KeyOf<double> {
  using Key = unsigned long long;
  static __device__ Key bits(double x) { return static_cast<Key>(__double_as_longlong(x)); }
};
constexpr int kTaken = 0, kNaN = 1;  // NaN is less than -infinity

template <class A>
__device__ typename KeyOf<A>::Key key_of(A x) {
  using Key = typename KeyOf<A>::Key;
  constexpr Key kSign = Key{1} << (8 * sizeof(Key) - 1);
  if (isnan(x)) return kNaN;
  const Key bits = KeyOf<A>::bits(x + A(0));
  return bits & kSign ? ~bits : bits | kSign;
}

__device__ uint32_t warp_max_key(uint32_t key) { return __reduce_max_sync(~0u, key); }
__device__ unsigned long long warp_max_key(unsigned long long key) { return warp_max(key); }

// ids[0, K): the largest logits of a row, of equal ones the lower ids first. kCount: of a lane's keys;
// 0: as many as there must be, in `shared`.
template <int kCount, class T>
__device__ void choose(const T* row, int64_t E, int64_t K, bool whole, unsigned char* shared,
                       int32_t* ids) {
  using Key = typename KeyOf<acc_t<T>>::Key;
  const int lane = threadIdx.x % kWarp;
  const int count = kCount > 0 ? kCount : static_cast<int>(ceil_div(E, kWarp));
  Key in_registers[kCount > 0 ? kCount : 1];
  Key* keys = in_registers;
  if constexpr (kCount == 0) keys = reinterpret_cast<Key*>(shared) + threadIdx.x * count;
  constexpr int W = kCount > 0 ? kCount : 1;
  Vec<T, W> all;
  if (whole) all = load<W>(row + lane * count);
  Key top = kTaken;  // of this lane
#pragma unroll
  for (int k = 0; k < count; ++k) {
    const int e = lane * count + k;
    if (whole)
      keys[k] = key_of(widen(all[k % W]));
    else
      keys[k] = e < E ? key_of(widen(row[e])) : Key{kTaken};
    top = keys[k] > top ? keys[k] : top;
  }
  for (int64_t j = 0; j < K; ++j) {
    const Key best = warp_max_key(top);
    const int owner = __ffs(static_cast<int>(__ballot_sync(~0u, top == best))) - 1;
    if (lane != owner) continue;
    bool found = false;
    top = kTaken;
#pragma unroll
    for (int k = 0; k < count; ++k) {
      if (!found && keys[k] == best) {
        found = true;
        keys[k] = kTaken;
        ids[j] = lane * count + k;
      }
      top = keys[k] > top ? keys[k] : top;
    }
  }
}

template <class A>
struct SoftmaxScale {
  A largest, sum;
  __device__ A operator()(A logit) const { return exp(logit - largest) / sum; }
};

template <int W, class T>
__device__ SoftmaxScale<acc_t<T>> softmax_of_all(const T* row, int64_t E) {
  using A = acc_t<T>;
  A largest = -static_cast<A>(INFINITY), sum = 0;
  for_lane_vectors<W>(E, [&](int64_t e) {
    const Vec<T, W> l = load<W>(row + e);
#pragma unroll
    for (int k = 0; k < W; ++k) largest = widen(l[k]) > largest ? widen(l[k]) : largest;
  });
  largest = warp_max(largest);
  for_lane_vectors<W>(E, [&](int64_t e) {
    const Vec<T, W> l = load<W>(row + e);
#pragma unroll
    for (int k = 0; k < W; ++k) sum += exp(widen(l[k]) - largest);
  });
  return {largest, warp_sum(sum)};
}

template <class T>
__device__ SoftmaxScale<acc_t<T>> softmax_of_chosen(const T* row, const int32_t* ids, int64_t K) {
  using A = acc_t<T>;
  A largest = -static_cast<A>(INFINITY), sum = 0;
  for (int64_t j = threadIdx.x % kWarp; j < K; j += kWarp) {
    const A logit = widen(row[ids[j]]);
    largest = logit > largest ? logit : largest;
  }
  largest = warp_max(largest);
  for (int64_t j = threadIdx.x % kWarp; j < K; j += kWarp) sum += exp(widen(row[ids[j]]) - largest);
  return {largest, warp_sum(sum)};
}

// whole: E is 32 * kCount, and rows are aligned.
template <int kCount, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    forward_kernel(const T* logits, int64_t N, int64_t E, int64_t K, bool renormalise, bool replay,
                   bool whole, int32_t* all_ids, acc_t<T>* exact, T* weights) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  const int64_t n = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (n >= N) return;
  const T* const row = logits + n * E;
  int32_t* const ids = all_ids + n * K;
  if (!replay) choose<kCount>(row, E, K, whole, shared, ids);
  __syncwarp();  // all lanes see the ids
  const SoftmaxScale<A> p =
      renormalise ? softmax_of_chosen(row, ids, K) : softmax_of_all<1>(row, E);
  for (int64_t j = threadIdx.x % kWarp; j < K; j += kWarp) {
    const A w = p(widen(row[ids[j]]));
    exact[n * K + j] = w;
    weights[n * K + j] = narrow_to<T>(w);
  }
}

template <int W, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    backward_kernel(const T* dw, const T* logits, const int32_t* all_ids, int64_t N, int64_t E,
                    int64_t K, T* dlogits) {
  using A = acc_t<T>;
  const int64_t n = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (n >= N) return;
  const T* const row = logits + n * E;
  T* const drow = dlogits + n * E;
  const int32_t* const ids = all_ids + n * K;
  const SoftmaxScale<A> p = softmax_of_all<W>(row, E);
  A dot = 0;
  for (int64_t j = threadIdx.x % kWarp; j < K; j += kWarp)
    dot += p(widen(row[ids[j]])) * widen(dw[n * K + j]);
  dot = warp_sum(dot);
  for_lane_vectors<W>(E, [&](int64_t e) {
    const Vec<T, W> l = load<W>(row + e);
    Vec<T, W> d;
#pragma unroll
    for (int k = 0; k < W; ++k) d[k] = narrow_to<T>(p(widen(l[k])) * -dot);
    store(drow + e, d);
  });
  __syncwarp();  // the chosen experts' gradients come after those
  for (int64_t j = threadIdx.x % kWarp; j < K; j += kWarp)
    drow[ids[j]] = narrow_to<T>(p(widen(row[ids[j]])) * (widen(dw[n * K + j]) - dot));
}

template <int W, class T>
__global__ void __launch_bounds__(kWarps* kWarp)
    renormalised_backward_kernel(const T* dw, const acc_t<T>* exact, const int32_t* all_ids,
                                 int64_t N, int64_t E, int64_t K, T* dlogits) {
  using A = acc_t<T>;
  const int64_t n = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (n >= N) return;
  T* const drow = dlogits + n * E;
  const A* const w = exact + n * K;
  A dot = 0;
  for (int64_t j = threadIdx.x % kWarp; j < K; j += kWarp) dot += w[j] * widen(dw[n * K + j]);
  dot = warp_sum(dot);
  for_lane_vectors<W>(E, [&](int64_t e) {
    Vec<T, W> zero;
#pragma unroll
    for (int k = 0; k < W; ++k) zero[k] = narrow_to<T>(A(0));
    store(drow + e, zero);
  });
  __syncwarp();  // the chosen experts' gradients come after those
  for (int64_t j = threadIdx.x % kWarp; j < K; j += kWarp)
    drow[all_ids[n * K + j]] = narrow_to<T>(w[j] * (widen(dw[n * K + j]) - dot));
}

}  // namespace

void moe_route_forward(Cuda device, const Tensor& logits, bool renormalise, bool replay,
                       const MoeRouteOutput& out) {
  visit_float(logits.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t N = logits.dim(0), E = logits.dim(1), K = out.ids.dim(1);
    const auto run = [&]<int kCount>(size_t shared) {
      const bool whole = E == kCount * kWarp && are_vectors(kLanes<T>, E, {logits});
      launch(device, forward_kernel<kCount, T>, grid_size(ceil_div(N, kWarps)), kWarps * kWarp,
             shared, logits.data<T>(), N, E, K, renormalise, replay, whole, out.ids.data<int32_t>(),
             out.exact.data<A>(), out.weights.data<T>());
    };
    if (E <= 8 * kWarp) return run.template operator()<8>(0);
    if (E <= 16 * kWarp) return run.template operator()<16>(0);
    run.template operator()<0>(static_cast<size_t>(kWarps * kWarp * ceil_div(E, kWarp)) *
                               sizeof(A));
  });
}

void moe_route_backward(Cuda device, const Tensor& dw, const Tensor& logits, const Tensor& ids,
                        const Tensor& dlogits) {
  visit_float(logits.dtype(), [&]<class T>() {
    const int64_t N = logits.dim(0), E = logits.dim(1);
    visit_lane_width<T>(E, are_vectors(kLanes<T>, E, {logits, dlogits}), [&]<int W>() {
      launch(device, backward_kernel<W, T>, grid_size(ceil_div(N, kWarps)), kWarps * kWarp, 0,
             dw.data<T>(), logits.data<T>(), ids.data<int32_t>(), N, E, ids.dim(1),
             dlogits.data<T>());
    });
  });
}

void moe_route_renormalised_backward(Cuda device, const Tensor& dw, const Tensor& exact,
                                     const Tensor& ids, const Tensor& dlogits) {
  visit_float(dw.dtype(), [&]<class T>() {
    const int64_t N = dw.dim(0), E = dlogits.dim(1);
    visit_lane_width<T>(E, are_vectors(kLanes<T>, E, {dlogits}), [&]<int W>() {
      launch(device, renormalised_backward_kernel<W, T>, grid_size(ceil_div(N, kWarps)),
             kWarps * kWarp, 0, dw.data<T>(), exact.data<acc_t<T>>(), ids.data<int32_t>(), N, E,
             ids.dim(1), dlogits.data<T>());
    });
  });
}

}  // namespace hone::kernels
