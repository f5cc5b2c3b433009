// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A block of threads for each row. A thread looks at every 1024th token, always the same ones, and has a
// counter of its own for each value of a digit: no atomics. Sums of integers are the same in any order,
// so everything equals sampling_cpu.cc.
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/core/cuda/vec.cuh"
#include "kernels/sampling/fixed_point.h"
#include "kernels/sampling/sampling.h"

namespace hone::kernels {
namespace {

constexpr int kThreads = 1024;
constexpr int kWarps = kThreads / kWarp;
constexpr int kDigit = 4;  // bits
constexpr int kValues = 1 << kDigit;
constexpr size_t kCounterBytes = sizeof(uint64_t) * kValues * kThreads;
static_assert(kWarps >= kValues);

struct Largest {
  template <class A>
  __device__ A operator()(A a, A b) const {
    return a > b ? a : b;
  }
};
struct Least {
  template <class A>
  __device__ A operator()(A a, A b) const {
    return a < b ? a : b;
  }
};
struct Sum {
  template <class A>
  __device__ A operator()(A a, A b) const {
    return a + b;
  }
};

// Every thread gets the values of all threads, combined. To be called by all of them.
template <class Op, class A>
__device__ A combine(A x) {
  __shared__ A warps[kWarps];
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset /= 2)
    x = Op()(x, __shfl_xor_sync(~0u, x, offset));
  __syncthreads();  // the values before these have been read
  if (threadIdx.x % kWarp == 0) warps[threadIdx.x / kWarp] = x;
  __syncthreads();  // all are there
  x = warps[0];
  for (int w = 1; w < kWarps; ++w) x = Op()(x, warps[w]);
  return x;
}

// An element's part in a question.
struct Entry {
  unsigned long long key, amount;
};
struct Answer {
  unsigned long long key;
  unsigned long long below;  // the amounts of lesser keys
};

// The smallest key such that the amounts of keys up to it are more than `limit`: as in sampling_cpu.cc.
// counters [kValues, kThreads] in shared memory. To be called by all threads.
template <class F>
__device__ Answer first_above(unsigned long long* counters, int64_t n, int bits, uint64_t limit,
                              F&& entry) {
  __shared__ unsigned long long totals[kValues];
  Answer found = {0, 0};
  for (int low = (bits - 1) / kDigit * kDigit; low >= 0; low -= kDigit) {
#pragma unroll
    for (int v = 0; v < kValues; ++v) counters[v * kThreads + threadIdx.x] = 0;  // its own
#pragma unroll 4
    for (int64_t i = threadIdx.x; i < n; i += kThreads) {
      const Entry e = entry(i);
      if ((e.key >> low >> kDigit) == found.key)
        counters[((e.key >> low) & (kValues - 1)) * kThreads + threadIdx.x] += e.amount;
    }
    __syncthreads();                                       // all counters are there
    if (const int v = threadIdx.x / kWarp; v < kValues) {  // a value a warp
      unsigned long long total = 0;
      for (int t = threadIdx.x % kWarp; t < kThreads; t += kWarp)
        total += counters[v * kThreads + t];
      total = warp_sum(total);
      if (threadIdx.x % kWarp == 0) totals[v] = total;
    }
    __syncthreads();  // the totals are there, and the counters have been read
    int digit = 0;
    while (digit + 1 < kValues && found.below + totals[digit] <= limit)
      found.below += totals[digit++];
    found.key = (found.key << kDigit) | static_cast<unsigned>(digit);
  }
  return found;
}

// A row [V]: first the logits as ordered keys, then the weights. Functions are called by all threads;
// each of them reads and writes its own elements alone.
struct Row {
  int64_t* data;
  int64_t V;
  unsigned long long* counters;
  int bits;  // weight_bits(V), made on the host: device code has no std::bit_width to rely on

  __device__ uint64_t at(int64_t i) const { return static_cast<uint64_t>(data[i]); }
  __device__ void set(int64_t i, uint64_t x) const { data[i] = static_cast<int64_t>(x); }
  template <class F>
  __device__ void for_each(F&& f) const {
#pragma unroll 4
    for (int64_t i = threadIdx.x; i < V; i += kThreads) f(i);
  }
  __device__ int id_bits() const { return 64 - __clzll(V); }

  __device__ uint64_t sum() const {
    unsigned long long total = 0;
    for_each([&](int64_t i) { total += at(i); });
    return combine<Sum>(total);
  }
  __device__ uint64_t largest() const {
    unsigned long long top = 0;
    for_each([&](int64_t i) { top = at(i) > top ? at(i) : top; });
    return combine<Largest>(top);
  }

  // The logits; the first one that is not finite, or V.
  template <class T>
  __device__ int64_t load(const T* logits) const {
    long long broken = V;
    for_each([&](int64_t i) {
      const auto z = static_cast<double>(widen(logits[i]));
      if (!is_finite(z) && i < broken) broken = i;
      set(i, order_key(z));
    });
    return combine<Least>(broken);
  }
  __device__ void take_largest() const {
    const uint64_t top = largest();
    long long best = V;
    for_each([&](int64_t i) {
      if (at(i) == top && i < best) best = i;
    });
    best = combine<Least>(best);
    for_each([&](int64_t i) { set(i, i == best); });
  }

  // Keys become weights; those below the k-th largest become 0.
  __device__ void weigh(double temperature, int64_t top_k) const {
    for_each([&](int64_t i) { set(i, order_key(from_order_key(at(i)) / temperature)); });
    uint64_t least = 0;
    if (top_k > 0 && top_k < V)
      least = ~first_above(counters, V, 64, static_cast<uint64_t>(top_k - 1), [&](int64_t i) {
                 return Entry{~at(i), 1};
               }).key;
    const double top = from_order_key(largest());
    for_each([&](int64_t i) {
      set(i, at(i) < least ? 0 : exponential_weight(top - from_order_key(at(i)), bits));
    });
  }

  __device__ void keep_top_p(double p) const {
    const uint64_t limit = removable(sum(), p);
    const Answer cut = first_above(counters, V, bits + 1, limit, [&](int64_t i) {
      return Entry{at(i), at(i)};
    });
    unsigned long long ties = 0;
    for_each([&](int64_t i) { ties += at(i) == cut.key; });
    const uint64_t kept = combine<Sum>(ties) - (limit - cut.below) / cut.key;
    const uint64_t last = first_above(counters, V, id_bits(), kept - 1, [&](int64_t i) {
                            return Entry{static_cast<uint64_t>(i), at(i) == cut.key};
                          }).key;
    for_each([&](int64_t i) {
      if (at(i) < cut.key || (at(i) == cut.key && static_cast<uint64_t>(i) > last)) set(i, 0);
    });
  }

  __device__ void keep_min_p(double p) const {
    const uint64_t top = largest();
    for_each([&](int64_t i) {
      if (!is_probable(at(i), top, p)) set(i, 0);
    });
  }
};

// seen_at: null where there is no penalty.
template <class T>
__global__ void __launch_bounds__(kThreads)
    weights_kernel(const T* logits, const int64_t* seen, const int32_t* seen_at, TokenFilter filter,
                   int64_t V, int bits, int64_t* weights) {
  extern __shared__ unsigned long long counters[];
  const int64_t r = blockIdx.x;
  const Row row = {weights + r * V, V, counters, bits};
  const int64_t broken = row.load(logits + r * V);
  if (broken < V) {  // all threads
    if (threadIdx.x == 0) row.data[0] = -1 - broken;
    return;
  }
  if (seen_at) {
    __syncthreads();  // other threads' elements are there
    for (int64_t i = seen_at[r] + static_cast<int>(threadIdx.x); i < seen_at[r + 1]; i += kThreads)
      row.set(seen[i],
              order_key(penalised(from_order_key(row.at(seen[i])), filter.repetition_penalty)));
    __syncthreads();  // and have been changed
  }
  if (filter.temperature == 0) return row.take_largest();
  row.weigh(filter.temperature, filter.top_k);
  if (filter.top_p < 1) row.keep_top_p(filter.top_p);
  if (filter.min_p > 0) row.keep_min_p(filter.min_p);
}

__global__ void __launch_bounds__(kThreads)
    draw_kernel(int64_t* weights, const int64_t* random, int64_t V, int64_t* tokens) {
  extern __shared__ unsigned long long counters[];
  const Row row = {weights + blockIdx.x * V, V, counters, /*bits=*/0};
  int64_t token = row.data[0];
  if (token >= 0) {  // all threads alike
    const uint64_t place = drawn_place(random[blockIdx.x], row.sum());
    token = static_cast<int64_t>(first_above(counters, V, row.id_bits(), place, [&](int64_t i) {
                                   return Entry{static_cast<uint64_t>(i), row.at(i)};
                                 }).key);
  }
  if (threadIdx.x == 0) tokens[blockIdx.x] = token;
}

}  // namespace

void token_weights(Cuda device, const Tensor& logits, const SeenTokens& seen,
                   const TokenFilter& filter, const Tensor& weights) {
  const bool penalty = filter.repetition_penalty != 1;
  visit_float(logits.dtype(), [&]<class T>() {
    launch(device, weights_kernel<T>, grid_size(logits.dim(0)), kThreads, kCounterBytes,
           logits.data<T>(), penalty ? seen.ids.data<int64_t>() : nullptr,
           penalty ? seen.offsets.data<int32_t>() : nullptr, filter, logits.dim(1),
           weight_bits(logits.dim(1)), weights.data<int64_t>());
  });
}

void draw_tokens(Cuda device, const Tensor& weights, const Tensor& bits, const Tensor& tokens) {
  launch(device, draw_kernel, grid_size(weights.dim(0)), kThreads, kCounterBytes,
         weights.data<int64_t>(), bits.data<int64_t>(), weights.dim(1), tokens.data<int64_t>());
}

}  // namespace hone::kernels
