// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/attention/cached_attention.h"
#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/core/scratch.h"

namespace hone::kernels {
namespace {

// Calls f(row, its place in the sequence, slot) for rows [begin, end).
template <class F>
void for_each_row(const CachedSequences& q, int64_t begin, int64_t end, F&& f) {
  const int32_t* at = q.cu_seqlens.data<int32_t>();
  int64_t s = std::upper_bound(at, at + q.cu_seqlens.dim(0), begin) - at - 1;
  for (int64_t n = begin; n < end; ++n) {
    while (n >= at[s + 1]) ++s;
    f(n, q.starts.data<int32_t>()[s] + n - at[s], q.slots.data<int32_t>()[s]);
  }
}

template <class T>
T* cached(const Tensor& x, int64_t slot, int64_t head, int64_t token) {
  return x.data<T>() + slot * x.stride(0) + head * x.stride(1) + token * x.stride(2);
}

template <class A, class T>
A dot(const A* q, const T* k, int64_t D) {
  A sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t d = 0; d < D; ++d) sum += q[d] * A(k[d]);
  return sum;
}

// The running softmax of one query.
template <class A>
struct Running {
  A m = -std::numeric_limits<A>::infinity();
  A l = 0;
};

// A block's scores become probabilities relative to the running maximum, which moves on; o, summed
// so far, is rescaled.
template <class A>
void take_scores(A* scores, int64_t n, Running<A>& running, A* o, int64_t D) {
  A top = running.m;
  for (int64_t j = 0; j < n; ++j) top = std::max(top, scores[j]);
  const A keep = exponential(running.m - top);  // 0 for the first block
  A sum = 0;
  for (int64_t j = 0; j < n; ++j) sum += scores[j] = exponential(scores[j] - top);
  running = {top, running.l * keep + sum};
  for (int64_t d = 0; d < D; ++d) o[d] *= keep;
}

// One token with the queries of one key head. Keys [first, last) are seen.
template <class T>
struct Row {
  using A = acc_t<T>;
  const Tensor& q;
  const KeyValueCache& cache;
  int64_t n, key_head, slot, first, last;
  A scale;
  A* scratch;

  int64_t queries() const { return q.dim(1) / cache.keys.dim(1); }

  // The queries go to `to`, scaled.
  void load_queries(A* to) const {
    const int64_t D = q.dim(2);
    for (int64_t g = 0; g < queries(); ++g) {
      const T* from = q.data<T>() + n * q.stride(0) + (key_head * queries() + g) * q.stride(1);
      for (int64_t d = 0; d < D; ++d) to[g * D + d] = scale * A(from[d]);
    }
  }

  void attend(const Tensor& out) const {
    const int64_t D = q.dim(2), heads = queries();
    A *query = scratch, *scores = scratch + heads * D;
    load_queries(query);
    for (int64_t g = 0; g < heads; ++g) {
      Running<A> running;
      A* o = scores + kCachedAttentionBlock;
      std::fill(o, o + D, A(0));
      for (int64_t from = first / kCachedAttentionBlock * kCachedAttentionBlock; from < last;
           from += kCachedAttentionBlock) {
        const int64_t begin = std::max(from, first);
        const int64_t count = std::min(from + kCachedAttentionBlock, last) - begin;
        for (int64_t j = 0; j < count; ++j)
          scores[j] = dot(query + g * D, cached<T>(cache.keys, slot, key_head, begin + j), D);
        take_scores(scores, count, running, o, D);
        for (int64_t j = 0; j < count; ++j) {
          const T* value = cached<T>(cache.values, slot, key_head, begin + j);
          for (int64_t d = 0; d < D; ++d) o[d] += scores[j] * A(value[d]);
        }
      }
      T* to = out.data<T>() + (n * out.dim(1) + key_head * heads + g) * D;
      for (int64_t d = 0; d < D; ++d) to[d] = T(o[d] / running.l);
    }
  }
};

}  // namespace

template <Isa I>
void append_keys_values(Cpu<I>, const Tensor& k, const Tensor& v, const CachedSequences& sequences,
                        const KeyValueCache& cache) {
  visit_float(k.dtype(), [&]<class T>() {
    const int64_t Hk = k.dim(1), D = k.dim(2);
    parallel_for(k.dim(0), grain_for(2 * Hk * D), [&](int64_t begin, int64_t end) {
      for_each_row(sequences, begin, end, [&](int64_t n, int64_t token, int64_t slot) {
        for (int64_t h = 0; h < Hk; ++h) {
          const T* key = k.data<T>() + n * k.stride(0) + h * k.stride(1);
          const T* value = v.data<T>() + n * v.stride(0) + h * v.stride(1);
          std::copy(key, key + D, cached<T>(cache.keys, slot, h, token));
          std::copy(value, value + D, cached<T>(cache.values, slot, h, token));
        }
      });
    });
  });
}

template <Isa I>
void cached_attention(Cpu<I>, const Tensor& q, const CachedSequences& sequences,
                      const KeyValueCache& cache, double scale, int64_t window, const Tensor& o,
                      const Tensor& scratch) {
  visit_float(q.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t Hk = cache.keys.dim(1);
    // Work is cut by rows alone, so a grain for the longest sequence that the cache could hold.
    const int64_t cost = 4 * q.dim(1) * q.dim(2) * cache.capacity() / std::max<int64_t>(Hk, 1);
    const auto some_tasks = [&](int64_t begin, int64_t end, int worker) {
      for (int64_t task = begin; task < end; ++task)
        for_each_row(
            sequences, task / Hk, task / Hk + 1, [&](int64_t n, int64_t token, int64_t slot) {
              const int64_t first = window == 0 ? 0 : std::max<int64_t>(0, token - window + 1);
              Row<T>{q,
                     cache,
                     n,
                     task % Hk,
                     slot,
                     first,
                     token + 1,
                     static_cast<A>(scale),
                     worker_part<A>(scratch, worker)}
                  .attend(o);
            });
    };
    parallel_for(q.dim(0) * Hk, grain_for(cost), some_tasks, scratch.dim(0));
  });
}

template void append_keys_values(Cpu<kIsa>, const Tensor&, const Tensor&, const CachedSequences&,
                                 const KeyValueCache&);
template void cached_attention(Cpu<kIsa>, const Tensor&, const CachedSequences&,
                               const KeyValueCache&, double, int64_t, const Tensor&, const Tensor&);

}  // namespace hone::kernels
