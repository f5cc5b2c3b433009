// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a block of keys meets on its way to dK and dV (warpgroup_dk_dv.cuh).
#pragma once

#include "kernels/attention/flash_forward.cuh"

namespace hone::kernels::flash {

// Query heads of a key head from which on two blocks share a block of keys. Not a question of how many
// rows there are: a document gives the same bits wherever it is packed.
constexpr int kPairedGroup = 8;

// What a block of the grid has to do for its block of keys: the rows that see it, in tiles of kKeys
// from the block's first row on, each for all query heads; of these items every `step`th.
struct QueryItems {
  int64_t begin;
  int tiles, group, rank, step, count;

  __device__ QueryItems(const GroupBlock& block, int64_t window, int64_t group, int rank, int step)
      : begin(block.begin), group(static_cast<int>(group)), rank(rank), step(step) {
    const int64_t reach = block.end - 1 + window;  // the row after the last that sees the block
    const int64_t last = window == 0 || reach > block.last ? block.last : reach;
    tiles = static_cast<int>((last - begin + kKeys - 1) / kKeys);
    count = (tiles * this->group - rank + step - 1) / step;
  }
  __device__ int64_t first_row(int tile) const { return begin + int64_t{tile} * kKeys; }

  // Calls f(item, tile, head), item from 0 on.
  template <class F>
  __device__ void for_each(const F& f) const {
    int tile = tiles - 1, head = rank;
    for (int item = 0; item < count; ++item, head += step) {
      for (; head >= group; head -= group) --tile;
      f(item, tile, head);
    }
  }
};

}  // namespace hone::kernels::flash
