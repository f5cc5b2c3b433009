// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A stable counting sort in three steps: counts of each expert in blocks of kChunk assignments, their
// sums, and the places. Within a block a warp ranks its lanes by who else has the same expert.
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
  for (int64_t e = threadIdx.x; e < E; e += kThreads) of_expert[e] = 0;
  __syncthreads();  // all are zero
  const int64_t a = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (a < assignments) atomicAdd(&of_expert[ids[a]], 1);  // integers: any order gives the same
  __syncthreads();                                        // all are counted
  for (int64_t e = threadIdx.x; e < E; e += kThreads) counts[blockIdx.x * E + e] = of_expert[e];
}

// counts[chunk, e] becomes the first position of the chunk's assignments to e; one block.
__global__ void __launch_bounds__(1024)
    offsets_kernel(int32_t* counts, int64_t chunks, int64_t E, int32_t* offsets) {
  __shared__ int32_t warp_totals[kWarp];
  __shared__ int32_t before;  // positions of the experts before this round's
  if (threadIdx.x == 0) before = 0;
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  for (int64_t base = 0; base < E; base += 1024) {
    const int64_t e = base + threadIdx.x;
    int32_t total = 0;
    if (e < E)
      for (int64_t c = 0; c < chunks; ++c) total += counts[c * E + e];
    int32_t up_to = total;  // of this warp's experts, this one included
#pragma unroll
    for (int offset = 1; offset < kWarp; offset *= 2) {
      const int32_t other = __shfl_up_sync(~0u, up_to, offset);
      if (lane >= offset) up_to += other;
    }
    if (lane == kWarp - 1) warp_totals[warp] = up_to;
    __syncthreads();  // the warps' totals and `before` are there
    int32_t position = before + up_to - total;
    for (int w = 0; w < warp; ++w) position += warp_totals[w];
    __syncthreads();  // everybody has read them
    if (threadIdx.x == 1023) before = position + total;
    if (e < E) {
      offsets[e] = position;
      for (int64_t c = 0; c < chunks; ++c) {
        const int32_t count = counts[c * E + e];
        counts[c * E + e] = position;
        position += count;
      }
      if (e == E - 1) offsets[E] = position;
    }
  }
}

// firsts [chunks, E]: where the chunk's assignments to each expert begin.
__global__ void __launch_bounds__(kThreads)
    place_kernel(const int32_t* ids, int64_t assignments, int64_t E, const int32_t* firsts,
                 int32_t* order, int32_t* inverse) {
  extern __shared__ int32_t of_warp[];  // [kWarps, E]: assignments of each warp to each expert
  for (int64_t i = threadIdx.x; i < kWarps * E; i += kThreads) of_warp[i] = 0;
  __syncthreads();  // all are zero
  const int64_t a = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const int32_t e = a < assignments ? ids[a] : -1;
  const unsigned same = __match_any_sync(~0u, e);
  const int rank = __popc(same & ((1u << lane) - 1));
  if (e >= 0 && rank == 0) of_warp[warp * E + e] = __popc(same);
  __syncthreads();  // every warp has counted
  if (e < 0) return;
  int32_t p = firsts[blockIdx.x * E + e] + rank;
  for (int w = 0; w < warp; ++w) p += of_warp[w * E + e];
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
  launch(device, offsets_kernel, 1, 1024, 0, counts, chunks, E, out.offsets.data<int32_t>());
  launch(device, place_kernel, grid_size(chunks), kThreads, static_cast<size_t>(kWarps * E) * 4,
         ids.data<int32_t>(), assignments, E, counts, out.order.data<int32_t>(),
         out.inverse.data<int32_t>());
}

}  // namespace hone::kernels
