// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The forward pass on tensor cores: bf16 with f32 sums, head sizes 64, 72, 128 and 256.
//                                            source: Dao 2023, arXiv:2307.08691 (FlashAttention-2)
//
//   A block of 8 warps takes kQueries = 128 rows of one head; each warp owns 16 of them, with their
//   output and running maximum and sum in registers, so warps never wait for each other's rows.
//   Keys and values pass through shared memory kKeys = 64 at a time. While the scores of a tile are
//   computed its values are on their way, and while it is added to the output the next keys are:
//
//     copy K0 | S = Q K0^T, copy V0 | softmax | O += P V0, copy K1 | S = Q K1^T, copy V1 | ...
//
//   Only tiles that cross the diagonal, the window's edge or the end of the document are masked; tiles
//   beyond them are never visited. D is padded to a multiple of 16 with zeros.
//
//   Where the GPU has asynchronous products, warpgroup_forward.cuh takes head sizes 64, 128 and 256 of
//   causal attention.
#pragma once

#include <cmath>

#include "kernels/core/cuda/async_copy.cuh"
#include "kernels/core/cuda/ftz.cuh"
#include "kernels/core/cuda/heads.cuh"
#include "kernels/core/cuda/launch.cuh"
#include "kernels/core/cuda/mma.cuh"
#include "kernels/core/cuda/row_blocks.cuh"

namespace hone::kernels::flash {

constexpr int kWarps = 8;
constexpr int kQueries = 16 * kWarps;  // rows of a block
constexpr int kKeys = 64;              // rows of a tile of keys

struct ForwardOperands {
  Heads<bf16> q, k, v;
  GroupBlocks blocks;  // of kQueries rows
  int64_t H, group;    // query heads, and how many of them share a key head
  int64_t D;
  float scale_log2;  // scale * log2(e): exponentials are powers of two
  int64_t window;
  bf16* o;
  float* lse;
};

// The first tile of kRows keys that a block of queries sees.
template <int kRows>
__device__ int64_t first_tile(const GroupBlock& block, int64_t window) {
  return window < 0 ? block.first : block.first_tile(kRows, window);
}

// The row after the last key that it sees.
__device__ inline int64_t last_key(const GroupBlock& block, int64_t window) {
  return window < 0 ? block.last : block.end;
}

// Copies rows [begin, begin + kRows) of a head into a tile; rows from `end` on become 0, as do columns
// from D on.
template <int kRows, class Tile>
__device__ void copy_rows(const Tile& tile, const bf16* head, int64_t stride, int64_t begin,
                          int64_t end, int64_t D) {
  constexpr int kPieces = Tile::kPieces;
  for (int i = threadIdx.x; i < kRows * kPieces; i += kWarps * kWarp) {
    const int row = i / kPieces, piece = i % kPieces;
    const bool there = begin + row < end && piece * 8 < D;
    const int64_t from = there ? (begin + row) * stride + piece * 8 : 0;
    copy_async_16(tile.piece(row, piece), head + from, there);
  }
}

// What a lane knows of its two rows, group and group + 8 of the warp's 16.
struct Softmax {
  float largest[2] = {-INFINITY, -INFINITY};  // in units of scale_log2
  float sum[2] = {0, 0};                      // of this lane's columns only
};

// S = Q K^T for the warp's 16 rows.
template <int kPadded>
__device__ void scores(const SharedTile<kPadded>& q, const SharedTile<kPadded>& k, int warp_row,
                       FragmentC (&s)[kKeys / 8]) {
#pragma unroll
  for (FragmentC& c : s) c = {};
#pragma unroll
  for (int d = 0; d < kPadded / 16; ++d) {
    const FragmentA a = q.a(warp_row, 2 * d);
#pragma unroll
    for (int n = 0; n < kKeys / 16; ++n) {
      FragmentB left, right;
      k.b_pair(16 * n, 2 * d, left, right);
      mma(s[2 * n], a, left);
      mma(s[2 * n + 1], a, right);
    }
  }
}

// Scores that row i (of the packed row) may not see become -inf; the tile's keys begin at `from`, the
// document ends before `last`.
__device__ inline void mask(FragmentC (&s)[kKeys / 8], int64_t first_row, int64_t from,
                            int64_t last, int64_t window) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int n = 0; n < kKeys / 8; ++n)
#pragma unroll
    for (int x = 0; x < 4; ++x) {
      const int64_t i = first_row + lane / 4 + x / 2 * 8, j = from + 8 * n + lane % 4 * 2 + x % 2;
      if (window < 0 ? j >= last : j > i || (window > 0 && i - j >= window)) s[n].x[x] = -INFINITY;
    }
}

// What is kept of the sums and the output so far, once a tile has raised a row's maximum.
struct Rescale {
  float keep[2];
};

// Scores become exponentials; the sums are brought up to date, the output is left to the caller.
__device__ inline Rescale softmax_tile(FragmentC (&s)[kKeys / 8], float scale_log2,
                                       Softmax& state) {
  Rescale rescale;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float largest = -INFINITY;
#pragma unroll
    for (const FragmentC& c : s) largest = fmaxf(largest, fmaxf(c.x[2 * half], c.x[2 * half + 1]));
    largest = fmaxf(state.largest[half], largest * scale_log2);
    largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 1));
    largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, 2));
    // A row that has seen nothing yet (a window's first tile) subtracts 0, not -inf.
    const float base = largest == -INFINITY ? 0.f : largest;
    rescale.keep[half] = exp2_ftz(state.largest[half] - base);
    state.largest[half] = largest;
    float sum = 0;
#pragma unroll
    for (FragmentC& c : s)
#pragma unroll
      for (int x = 2 * half; x < 2 * half + 2; ++x) {
        c.x[x] = exp2_ftz(c.x[x] * scale_log2 - base);
        sum += c.x[x];
      }
    state.sum[half] = state.sum[half] * rescale.keep[half] + sum;
  }
  return rescale;
}

// The output so far.
template <int kTiles>
__device__ void rescale(FragmentC (&o)[kTiles], const Rescale& by) {
#pragma unroll
  for (FragmentC& c : o)
#pragma unroll
    for (int x = 0; x < 4; ++x) c.x[x] *= by.keep[x / 2];
}

// O += P V, P rounded to bf16.
template <int kPadded>
__device__ void add_values(const FragmentC (&p)[kKeys / 8], const SharedTile<kPadded>& v,
                           FragmentC (&o)[kPadded / 8]) {
#pragma unroll
  for (int k = 0; k < kKeys / 16; ++k) {
    const FragmentC &left = p[2 * k], &right = p[2 * k + 1];
    const FragmentA a = {pack_bf16(left.x[0], left.x[1]), pack_bf16(left.x[2], left.x[3]),
                         pack_bf16(right.x[0], right.x[1]), pack_bf16(right.x[2], right.x[3])};
#pragma unroll
    for (int n = 0; n < kPadded / 16; ++n) {
      FragmentB b0, b1;
      v.b_pair_transposed(16 * k, 2 * n, b0, b1);
      mma(o[2 * n], a, b0);
      mma(o[2 * n + 1], a, b1);
    }
  }
}

// Ends the softmax of the warp's 16 rows: writes lse of those before `end`, returns what the output is
// to be multiplied with.
__device__ inline Rescale finish_softmax(const ForwardOperands& a, int64_t h, int64_t first_row,
                                         int64_t end, const Softmax& state) {
  const int lane = threadIdx.x % kWarp;
  Rescale inverse;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float sum = state.sum[half];
    sum += __shfl_xor_sync(~0u, sum, 1);
    sum += __shfl_xor_sync(~0u, sum, 2);
    inverse.keep[half] = 1.f / sum;
    const int64_t row = first_row + lane / 4 + half * 8;
    if (row < end && lane % 4 == 0)
      a.lse[row * a.H + h] = (state.largest[half] + log2f(sum)) * 0.6931471805599453f;
  }
  return inverse;
}

template <int kPadded>
__device__ void write_output(const ForwardOperands& a, const GroupBlock& block, int64_t h,
                             int64_t first_row, FragmentC (&o)[kPadded / 8], const Softmax& state) {
  const int lane = threadIdx.x % kWarp;
  const Rescale inverse = finish_softmax(a, h, first_row, block.end, state);
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int64_t row = first_row + lane / 4 + half * 8;
    if (row >= block.end) continue;
    bf16* const to = a.o + (row * a.H + h) * a.D;
#pragma unroll
    for (int n = 0; n < kPadded / 8; ++n) {
      const int64_t d = 8 * n + lane % 4 * 2;
      if (d < a.D)
        *reinterpret_cast<uint32_t*>(to + d) = pack_bf16(o[n].x[2 * half] * inverse.keep[half],
                                                         o[n].x[2 * half + 1] * inverse.keep[half]);
    }
  }
}

template <int kPadded>
constexpr size_t forward_shared_bytes() {
  return SharedTile<kPadded>::bytes(kQueries + 2 * kKeys);
}

// Grid: heads x blocks, the last rows first: they have the most to do.
template <int kPadded>
__global__ void __launch_bounds__(kWarps* kWarp) forward_kernel(ForwardOperands a) {
  extern __shared__ __align__(128) unsigned char shared[];
  const int64_t h = blockIdx.x;
  const GroupBlock block = a.blocks.at(gridDim.y - 1 - blockIdx.y);
  if (block.empty()) return;
  const SharedTile<kPadded> q(shared), k(shared + SharedTile<kPadded>::bytes(kQueries)),
      v(shared + SharedTile<kPadded>::bytes(kQueries + kKeys));
  const bf16 *const keys = a.k.at(0, h / a.group), *const values = a.v.at(0, h / a.group);
  const int64_t start = first_tile<kKeys>(block, a.window);

  copy_rows<kQueries>(q, a.q.at(0, h), a.q.row_stride, block.begin, block.end, a.D);
  copy_rows<kKeys>(k, keys, a.k.row_stride, start, block.last, a.D);
  commit_copies();
  const int warp_row = threadIdx.x / kWarp * 16;
  const int64_t first_row = block.begin + warp_row;
  FragmentC o[kPadded / 8] = {};
  Softmax state;
  const int64_t end = last_key(block, a.window);
  for (int64_t from = start; from < end; from += kKeys) {
    wait_for_copies<0>();
    __syncthreads();  // the keys are there, and everybody is done with the values before
    copy_rows<kKeys>(v, values, a.v.row_stride, from, block.last, a.D);
    commit_copies();
    FragmentC s[kKeys / 8];
    scores(q, k, warp_row, s);
    const bool whole = a.window < 0 ? from + kKeys <= block.last
                                    : from + kKeys - 1 <= first_row &&
                                          (a.window == 0 || first_row + 15 - from < a.window);
    if (!whole) mask(s, first_row, from, block.last, a.window);
    rescale(o, softmax_tile(s, a.scale_log2, state));
    wait_for_copies<0>();
    __syncthreads();  // the values are there, and everybody is done with the keys
    if (from + kKeys < end) {
      copy_rows<kKeys>(k, keys, a.k.row_stride, from + kKeys, block.last, a.D);
      commit_copies();
    }
    add_values(s, v, o);
  }
  write_output<kPadded>(a, block, h, first_row, o, state);
}

}  // namespace hone::kernels::flash
