// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rows that belong to groups (the groups of a packed row, the experts of a mixture) in blocks that
// never cross a group, found on the device: the grid depends on the numbers of rows and groups alone.
#pragma once

#include <cstdint>

namespace hone::kernels {

// Rows [begin, end) of the group [first, last). Counted from the group's start, so a group is cut the
// same way wherever it lies.
struct GroupBlock {
  int64_t begin, end;
  int64_t first, last;
  int64_t group;

  __device__ bool empty() const { return begin >= end; }

  // The first tile of `rows` keys that the block's queries see.
  __device__ int64_t first_tile(int64_t rows, int64_t window) const {
    if (window == 0 || begin - window + 1 <= first) return first;
    return first + (begin - window + 1 - first) / rows * rows;
  }
};

// Computed from the groups' ends by every block that asks: groups are few, and their ends are cached.
// Offsets are 32-bit, and so is the arithmetic: a 64-bit division takes several times longer.
struct GroupBlocks {
  const int32_t* offsets;  // [groups + 1], rising from 0 to the number of rows
  int64_t groups;
  int64_t rows;  // of a block

  // Blocks that n rows in this many groups have at most.
  int64_t capacity(int64_t n) const { return n / rows + groups; }

  // Blocks of a group of this length.
  __device__ int blocks_of(int length) const {
    const auto size = static_cast<uint32_t>(rows);
    return static_cast<int>((static_cast<uint32_t>(length) + size - 1) / size);
  }

  // Blocks of the groups before this one. To be called by whole warps.
  __device__ int64_t first_block(int64_t group) const {
    int blocks = 0;
    for (int64_t s = threadIdx.x % 32; s < group; s += 32)
      blocks += blocks_of(offsets[s + 1] - offsets[s]);
    return __reduce_add_sync(~0u, blocks);
  }

  // Empty (begin == end) beyond the last block. To be called by whole warps.
  __device__ GroupBlock at(int64_t index) const {
    const int lane = threadIdx.x % 32;
    for (int64_t base = 0; base < groups; base += 32) {
      const int64_t s = base + lane;
      const int first = s < groups ? offsets[s] : 0;
      const int last = s < groups ? offsets[s + 1] : 0;
      const int blocks = blocks_of(last - first);
      int up_to = blocks;  // of the groups from base to this one
      for (int offset = 1; offset < 32; offset *= 2) {
        const int before = __shfl_up_sync(~0u, up_to, offset);
        if (lane >= offset) up_to += before;
      }
      const unsigned reached = __ballot_sync(~0u, up_to > index);
      if (reached != 0) {
        const int owner = __ffs(static_cast<int>(reached)) - 1;
        const int64_t begin = first + (index - (up_to - blocks)) * rows;
        const int64_t end = begin + rows < last ? begin + rows : last;
        return {__shfl_sync(~0u, begin, owner), __shfl_sync(~0u, end, owner),
                __shfl_sync(~0u, first, owner), __shfl_sync(~0u, last, owner), base + owner};
      }
      index -= __shfl_sync(~0u, up_to, 31);
    }
    return {0, 0, 0, 0, groups};
  }
};

}  // namespace hone::kernels
