// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A block of threads takes a row, a key head with up to 8 of its queries, and 256 keys; so one long
// sequence keeps the whole GPU busy. Keys are divided among warps for the scores, then columns of the
// values among threads. Each block leaves its maximum, sum and unnormalised output; a second kernel
// merges them in order. Blocks of keys are counted from the sequence's first token, whatever else is
// in the call.
#include "kernels/attention/cached_attention.h"
#include "kernels/core/cuda/documents.cuh"
#include "kernels/core/cuda/heads.cuh"
#include "kernels/core/cuda/reduce.cuh"

namespace hone::kernels {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarp;
constexpr int kKeys = static_cast<int>(kCachedAttentionBlock);

// The sequences that a call continues.
struct Sequences {
  Documents documents;
  const int32_t *slots, *starts;

  explicit Sequences(const CachedSequences& q)
      : documents{q.cu_seqlens.data<int32_t>(), q.slots.dim(0)},
        slots(q.slots.data<int32_t>()),
        starts(q.starts.data<int32_t>()) {}

  struct Place {
    int64_t slot, token;
  };
  __device__ Place of_row(int64_t row) const {
    const int64_t s = documents.index_of_end(row) - 1;
    return {slots[s], starts[s] + row - documents.cu_seqlens[s]};
  }
};

template <class T>
struct Append {
  Heads<T> k, v;
  Sequences sequences;
  T *keys, *values;  // [slots, Hk, capacity, D]
  int64_t N, Hk, capacity, D;
};

template <class T>
__global__ void __launch_bounds__(kThreads) append_kernel(Append<T> a) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i >= a.N * a.Hk * a.D) return;
  const int64_t head = i / a.D, d = i - head * a.D;  // head = n * Hk + h
  const int64_t n = head / a.Hk, h = head - n * a.Hk;
  const Sequences::Place at = a.sequences.of_row(n);
  const int64_t to = ((at.slot * a.Hk + h) * a.capacity + at.token) * a.D + d;
  a.keys[to] = a.k.at(n, h)[d];
  a.values[to] = a.v.at(n, h)[d];
}

template <class T>
struct Operands {
  Heads<T> q;
  Sequences sequences;
  const T *keys, *values;  // [slots, Hk, capacity, D]
  acc_t<T>* partial;       // [rows, H, blocks, D + 2]: output, maximum, sum
  T* o;                    // [N, H, D]
  int64_t first_row;       // of this launch
  int64_t H, Hk, capacity, D, blocks, window;
  acc_t<T> scale;

  // The keys [first, last) that a row sees.
  struct Seen {
    int64_t slot, first, last;
  };
  __device__ Seen seen(int64_t row) const {
    const Sequences::Place at = sequences.of_row(row);
    const bool from_start = window == 0 || at.token < window;
    return {at.slot, from_start ? 0 : at.token - window + 1, at.token + 1};
  }
  // row: of this launch, from 0.
  __device__ acc_t<T>* part(int64_t row, int64_t h, int64_t block) const {
    return partial + ((row * H + h) * blocks + block) * (D + 2);
  }
};

// Scores of `count` keys: p [count, kQ] = q [kQ, D] k^T, a key a warp at a time.
template <int kQ, int W, class T>
__device__ void score_keys(const acc_t<T>* q, const T* keys, int count, int64_t D, acc_t<T>* p) {
  using A = acc_t<T>;
  const int lane = threadIdx.x % kWarp;
  for (int j = threadIdx.x / kWarp; j < count; j += kWarps) {
    A s[kQ] = {};
    for (int64_t d = lane * W; d < D; d += kWarp * W) {
      const Vec<T, W> k = load<W>(keys + j * D + d);
#pragma unroll
      for (int g = 0; g < kQ; ++g) {
        const Vec<A, W> x = load<W>(q + g * D + d);
#pragma unroll
        for (int i = 0; i < W; ++i) s[g] += x[i] * widen(k[i]);
      }
    }
#pragma unroll
    for (int g = 0; g < kQ; ++g) {
      s[g] = warp_sum(s[g]);
      if (lane == 0) p[j * kQ + g] = s[g];
    }
  }
}

// Scores become exponentials relative to their maximum, a query a warp at a time.
template <int kQ, class A>
__device__ void exponentials(A* p, int count, int g, A& top, A& sum) {
  const int lane = threadIdx.x % kWarp;
  top = -static_cast<A>(INFINITY);
  for (int j = lane; j < count; j += kWarp) top = p[j * kQ + g] > top ? p[j * kQ + g] : top;
  top = warp_max(top);
  sum = 0;
  for (int j = lane; j < count; j += kWarp) {
    const A e = exp(p[j * kQ + g] - top);
    p[j * kQ + g] = e;
    sum += e;
  }
  sum = warp_sum(sum);
}

template <int kQ, class T>
size_t shared_bytes(int64_t D) {
  return static_cast<size_t>(kQ * D + kQ * kKeys + kQ * kThreads) * sizeof(acc_t<T>);
}

template <int kQ, int W, class T>
__global__ void __launch_bounds__(kThreads) block_kernel(Operands<T> a) {
  using A = acc_t<T>;
  extern __shared__ __align__(16) unsigned char shared[];
  A* const q = reinterpret_cast<A*>(shared);  // [kQ, D], scaled
  A* const p = q + kQ * a.D;                  // [kKeys, kQ]
  A* const sums = p + kQ * kKeys;             // [kQ, kThreads]
  const int64_t queries = a.H / a.Hk, tiles = (queries + kQ - 1) / kQ;
  const int64_t key_head = blockIdx.y / tiles, query = (blockIdx.y - key_head * tiles) * kQ;
  const int64_t head = key_head * queries + query;  // the first of the tile
  const int heads = static_cast<int>(queries - query < kQ ? queries - query : kQ);
  const int64_t row = a.first_row + blockIdx.z;
  const typename Operands<T>::Seen seen = a.seen(row);
  const int64_t block_begin = int64_t{blockIdx.x} * kKeys;
  const int64_t begin = block_begin > seen.first ? block_begin : seen.first;
  const int64_t end = block_begin + kKeys < seen.last ? block_begin + kKeys : seen.last;
  if (begin >= end) return;  // all threads
  const int count = static_cast<int>(end - begin);
  const int64_t at = ((seen.slot * a.Hk + key_head) * a.capacity + begin) * a.D;

  for (int64_t i = threadIdx.x; i < kQ * a.D; i += kThreads) {
    const int64_t g = i / a.D;
    q[i] = g < heads ? a.scale * widen(a.q.at(row, head + g)[i - g * a.D]) : A(0);
  }
  __syncthreads();  // the queries are there
  score_keys<kQ, W>(q, a.keys + at, count, a.D, p);
  __syncthreads();  // the scores are there
  for (int g = threadIdx.x / kWarp; g < heads; g += kWarps) {
    A top, sum;
    exponentials<kQ>(p, count, g, top, sum);
    if (threadIdx.x % kWarp != 0) continue;
    A* const part = a.part(blockIdx.z, head + g, blockIdx.x);
    part[a.D] = top;
    part[a.D + 1] = sum;
  }
  __syncthreads();  // the exponentials are there

  // Groups of threads divide the keys among them, the threads of a group the columns.
  const int rounded =
      static_cast<int>(a.D < kThreads ? (a.D + kWarp - 1) / kWarp * kWarp : kThreads);
  const int groups = kThreads / rounded;
  const int group = threadIdx.x / rounded, column = threadIdx.x - group * rounded;
  for (int64_t first = 0; first < a.D; first += rounded) {
    const int64_t d = first + column;
    A o[kQ] = {};
    if (group < groups && d < a.D)
      for (int j = group; j < count; j += groups) {
        const A value = widen(a.values[at + j * a.D + d]);
        const Vec<A, kQ> weight = load<kQ>(p + j * kQ);
#pragma unroll
        for (int g = 0; g < kQ; ++g) o[g] += weight[g] * value;
      }
    __syncthreads();  // the sums before these have been read
#pragma unroll
    for (int g = 0; g < kQ; ++g) sums[g * kThreads + threadIdx.x] = o[g];
    __syncthreads();  // all groups' sums are there
    if (group != 0 || d >= a.D) continue;
    for (int g = 0; g < heads; ++g) {
      A total = 0;
      for (int i = 0; i < groups; ++i) total += sums[g * kThreads + i * rounded + column];
      a.part(blockIdx.z, head + g, blockIdx.x)[d] = total;
    }
  }
}

// One row and query head: its blocks in order.
template <class T>
__global__ void __launch_bounds__(kThreads) merge_kernel(Operands<T> a) {
  using A = acc_t<T>;
  const int64_t h = blockIdx.x, row = a.first_row + blockIdx.y;
  const typename Operands<T>::Seen seen = a.seen(row);
  const int64_t first = seen.first / kKeys, last = (seen.last - 1) / kKeys;
  A top = -static_cast<A>(INFINITY), l = 0;
  for (int64_t b = first; b <= last; ++b) {
    const A m = a.part(blockIdx.y, h, b)[a.D];
    top = m > top ? m : top;
  }
  for (int64_t b = first; b <= last; ++b) {
    const A* const part = a.part(blockIdx.y, h, b);
    l += part[a.D + 1] * exp(part[a.D] - top);
  }
  for (int64_t d = threadIdx.x; d < a.D; d += kThreads) {
    A o = 0;
    for (int64_t b = first; b <= last; ++b) {
      const A* const part = a.part(blockIdx.y, h, b);
      o += part[d] * exp(part[a.D] - top);
    }
    a.o[(row * a.H + h) * a.D + d] = narrow_to<T>(o / l);
  }
}

template <int kQ, int W, class T>
void launch_blocks(Cuda device, const Operands<T>& a, int64_t rows) {
  const int64_t tiles = ceil_div(a.H / a.Hk, kQ);
  const dim3 grid(grid_size(a.blocks), grid_size(a.Hk * tiles), grid_size(rows));
  launch(device, block_kernel<kQ, W, T>, grid, kThreads, shared_bytes<kQ, T>(a.D), a);
}

// As many queries at once as share a key head, up to 8.
template <int W, class T>
void visit_queries(Cuda device, const Operands<T>& a, int64_t rows) {
  const int64_t queries = a.H / a.Hk;
  if (queries == 1) return launch_blocks<1, W>(device, a, rows);
  if (queries <= 4) return launch_blocks<4, W>(device, a, rows);
  launch_blocks<8, W>(device, a, rows);
}

}  // namespace

void append_keys_values(Cuda device, const Tensor& k, const Tensor& v,
                        const CachedSequences& sequences, const KeyValueCache& cache) {
  visit_float(k.dtype(), [&]<class T>() {
    const Append<T> a = {.k = Heads<T>(k),
                         .v = Heads<T>(v),
                         .sequences = Sequences(sequences),
                         .keys = cache.keys.data<T>(),
                         .values = cache.values.data<T>(),
                         .N = k.dim(0),
                         .Hk = k.dim(1),
                         .capacity = cache.capacity(),
                         .D = k.dim(2)};
    launch(device, append_kernel<T>, grid_size(ceil_div(k.numel(), kThreads)), kThreads, 0, a);
  });
}

void cached_attention(Cuda device, const Tensor& q, const CachedSequences& sequences,
                      const KeyValueCache& cache, double scale, int64_t window, const Tensor& o,
                      const Tensor& scratch) {
  visit_float(q.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    Operands<T> a = {.q = Heads<T>(q),
                     .sequences = Sequences(sequences),
                     .keys = cache.keys.data<T>(),
                     .values = cache.values.data<T>(),
                     .partial = scratch.data<A>(),
                     .o = o.data<T>(),
                     .first_row = 0,
                     .H = q.dim(1),
                     .Hk = cache.keys.dim(1),
                     .capacity = cache.capacity(),
                     .D = q.dim(2),
                     .blocks = scratch.dim(2),
                     .window = window,
                     .scale = static_cast<A>(scale)};
    const int64_t N = q.dim(0), together = scratch.dim(0);
    for (; a.first_row < N; a.first_row += together) {
      const int64_t rows = std::min(together, N - a.first_row);
      if (are_vectors(4, a.D, {cache.keys}))
        visit_queries<4>(device, a, rows);
      else
        visit_queries<1>(device, a, rows);
      launch(device, merge_kernel<T>, dim3(grid_size(a.H), grid_size(rows)), kThreads, 0, a);
    }
  });
}

}  // namespace hone::kernels
