// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Blocks of rows in the order of how much there is to do for them.
#pragma once

#include "kernels/core/cuda/row_blocks.cuh"

namespace hone::kernels {

// How many blocks have at least `length` blocks from their own to the end of their group. By a warp.
__device__ inline int blocks_of_length(const GroupBlocks& blocks, int length) {
  int sum = 0;
  for (int64_t g = threadIdx.x % 32; g < blocks.groups; g += 32) {
    const int n = blocks.blocks_of(blocks.offsets[g + 1] - blocks.offsets[g]);
    sum += n >= length ? n - length + 1 : 0;
  }
  return __reduce_add_sync(~0u, sum);
}

// The block of this number when those farthest from the end of their group come first, as keys do
// that all later rows see: blocks that are alike in this are numbered by their groups. A grid works
// through its blocks in order, so the short ones fill the gaps at its end. Empty beyond the last
// block; `most` is at least the number of blocks. By whole warps.
__device__ inline GroupBlock longest_first(const GroupBlocks& blocks, int number, int most) {
  // Numbers of blocks with this length are [blocks_of_length(length + 1), blocks_of_length(length)).
  int length = 0, above = most + 1;
  while (above - length > 1) {
    const int middle = (length + above) / 2;
    if (blocks_of_length(blocks, middle) > number)
      length = middle;
    else
      above = middle;
  }
  if (length == 0) return {0, 0, 0, 0, blocks.groups};
  int among = number - blocks_of_length(blocks, above);  // of the groups that have such a block
  for (int64_t base = 0; base < blocks.groups; base += 32) {
    const int64_t g = base + threadIdx.x % 32;
    const int first = g < blocks.groups ? blocks.offsets[g] : 0;
    const int last = g < blocks.groups ? blocks.offsets[g + 1] : 0;
    const int n = blocks.blocks_of(last - first);
    const unsigned has = __ballot_sync(~0u, n >= length);
    if (among >= __popc(has)) {
      among -= __popc(has);
      continue;
    }
    const int owner = static_cast<int>(__fns(has, 0, among + 1));
    const int64_t begin = first + (n - length) * blocks.rows;
    const int64_t end = begin + blocks.rows < last ? begin + blocks.rows : last;
    return {__shfl_sync(~0u, begin, owner), __shfl_sync(~0u, end, owner),
            __shfl_sync(~0u, first, owner), __shfl_sync(~0u, last, owner), base + owner};
  }
  return {0, 0, 0, 0, blocks.groups};
}

}  // namespace hone::kernels
