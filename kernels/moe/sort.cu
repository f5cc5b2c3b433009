// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A stable counting sort in two steps: counts of each expert in chunks of kMoeSortChunk assignments, and
// the places. A block of the second step adds up what it needs of all counts itself, which takes less
// time than a launch between the two. Within a chunk a warp ranks its lanes by who else has the same
// expert.
#include "kernels/core/cuda/launch.cuh"
#include "kernels/moe/sort.h"

namespace hone::kernels {
namespace {

constexpr int kThreads = kMoeSortChunk;
constexpr int kWarps = kThreads / kWarp;

// counts[chunk, e]: assignments of the chunk to e.
__global__ void __launch_bounds__(kThreads)
    count_kernel(const int32_t* ids, int64_t assignments, int64_t E, int32_t* counts) {
  extern __shared__ int32_t of_expert[];  // [E]
  const int64_t a = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  const int32_t id = a < assignments ? ids[a] : -1;
  for (int64_t e = threadIdx.x; e < E; e += kThreads) of_expert[e] = 0;
  __syncthreads();                            // all are zero
  if (id >= 0) atomicAdd(&of_expert[id], 1);  // integers: any order gives the same
  __syncthreads();                            // all are counted
  for (int64_t e = threadIdx.x; e < E; e += kThreads) counts[blockIdx.x * E + e] = of_expert[e];
}

// totals[e]: assignments to e; before[e]: those in chunks before this block's. Both are zero at first.
__device__ void sum_counts(const int32_t* counts, int64_t chunks, int64_t E, int32_t* totals,
                           int32_t* before) {
  const auto experts = static_cast<uint32_t>(E);  // a 32-bit division is several times faster
  const uint32_t groups = experts < kThreads ? kThreads / experts : 1;  // of chunks
  for (uint32_t i = threadIdx.x; i < groups * experts; i += kThreads) {
    const uint32_t group = i / experts, e = i - group * experts;
    int32_t total = 0, earlier = 0;
#pragma unroll 8
    for (int64_t c = group; c < chunks; c += groups) {
      const int32_t count = counts[c * E + e];
      total += count;
      earlier += c < blockIdx.x ? count : 0;
    }
    atomicAdd(&totals[e], total);
    atomicAdd(&before[e], earlier);
  }
}

// values[e] becomes the sum of those before it, for e in [0, n).
__device__ void scan_exclusive(int32_t* values, int64_t n) {
  __shared__ int32_t warp_totals[kWarps];
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  int32_t carry = 0;  // of the rounds before
  for (int64_t base = 0; base < n; base += kThreads) {
    const int64_t e = base + threadIdx.x;
    const int32_t value = e < n ? values[e] : 0;
    int32_t up_to = value;  // of this warp's, this one included
#pragma unroll
    for (int offset = 1; offset < kWarp; offset *= 2) {
      const int32_t other = __shfl_up_sync(~0u, up_to, offset);
      if (lane >= offset) up_to += other;
    }
    if (lane == kWarp - 1) warp_totals[warp] = up_to;
    __syncthreads();  // the warps' totals are there
    int32_t sum = carry + up_to - value;
    for (int w = 0; w < kWarps; ++w) {
      sum += w < warp ? warp_totals[w] : 0;
      carry += warp_totals[w];
    }
    if (e < n) values[e] = sum;
    __syncthreads();  // the totals have been read, and the sums are there
  }
}

// Shared memory: firsts and before [E] i32, of_warp [kWarps, E] u16.
__global__ void __launch_bounds__(kThreads)
    place_kernel(const int32_t* ids, int64_t assignments, int64_t chunks, int64_t E,
                 const int32_t* counts, int32_t* order, int32_t* inverse, int32_t* offsets) {
  extern __shared__ int32_t firsts[];  // totals, then the first position of each expert
  int32_t* const before = firsts + E;
  auto* const of_warp = reinterpret_cast<uint16_t*>(before + E);
  const int64_t a = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  const int32_t id = a < assignments ? ids[a] : -1;
  for (int64_t e = threadIdx.x; e < E; e += kThreads) firsts[e] = before[e] = 0;
  for (int64_t i = threadIdx.x; i < kWarps * E; i += kThreads) of_warp[i] = 0;
  __syncthreads();  // all are zero
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const unsigned same = __match_any_sync(~0u, id);
  const int rank = __popc(same & ((1u << lane) - 1));
  if (id >= 0 && rank == 0) of_warp[warp * E + id] = static_cast<uint16_t>(__popc(same));
  sum_counts(counts, chunks, E, firsts, before);
  __syncthreads();  // the counts of all chunks and of all warps are there
  for (int64_t e = threadIdx.x; e < E; e += kThreads) {
    int sum = 0;  // of the warps so far
#pragma unroll
    for (int w = 0; w < kWarps; ++w) {
      const int count = of_warp[w * E + e];
      of_warp[w * E + e] = static_cast<uint16_t>(sum);
      sum += count;
    }
  }
  scan_exclusive(firsts, E);  // its barriers order the loop above, too
  if (blockIdx.x == 0) {
    for (int64_t e = threadIdx.x; e < E; e += kThreads) offsets[e] = firsts[e];
    if (threadIdx.x == 0) offsets[E] = static_cast<int32_t>(assignments);
  }
  if (id < 0) return;
  const int32_t p = firsts[id] + before[id] + of_warp[warp * E + id] + rank;
  order[p] = static_cast<int32_t>(a);
  inverse[a] = p;
}

}  // namespace

void moe_sort(Cuda device, const Tensor& ids, const ExpertOrder& out, const Tensor& scratch) {
  const int64_t assignments = ids.numel(), E = out.offsets.numel() - 1;
  const int64_t chunks = ceil_div(assignments, kThreads);
  int32_t* const counts = scratch.data<int32_t>();
  launch(device, count_kernel, grid_size(chunks), kThreads, static_cast<size_t>(E) * 4,
         ids.data<int32_t>(), assignments, E, counts);
  // No assignments still have offsets.
  launch(device, place_kernel, grid_size(chunks > 0 ? chunks : 1), kThreads,
         static_cast<size_t>(E) * (8 + 2 * kWarps), ids.data<int32_t>(), assignments, chunks, E,
         counts, out.order.data<int32_t>(), out.inverse.data<int32_t>(),
         out.offsets.data<int32_t>());
}

}  // namespace hone::kernels
