// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The chunked delta rule on the asynchronous products of Hopper (wgmma.cuh), heads of 128. The letters
// are those of delta_rule.h. bf16 operands, f32 sums; decays, their sums and the inverse Tm in f32.
//
//   forward    warpgroup_local            Q, K, V, beta, g    -> gates, U, W, P
//              warpgroup_state            gates, U, W, P, Q, K -> O
//   backward   warpgroup_local            the same, and Tm
//              warpgroup_state            gates, U, W, K      -> V' (in U's place), S before each chunk
//              warpgroup_state_backward   gates, P, W, Q, K, dO -> dV', dS after each chunk
//              warpgroup_gradients        all of these        -> dQ, dK, dV, dbeta, dg
//
//   The two kernels that walk a document's chunks in order are transposed: a block has 64 of the value's
//   128 columns of one head, and S^T [64, 128] is the f32 sum of its one warpgroup. Rounded, it is the
//   left operand of the next products as it stands, in registers; so is V'^T. Nothing between two
//   products goes through shared memory.
//
//   What one kernel leaves for the next are tiles as they lie in shared memory (PanelTile), number
//   chunk * Hv + head, always of 64 rows: those beyond the document's end are zero. So they are copied
//   without a look at rows or strides.
#pragma once

#include <cmath>
#include <utility>

#include "kernels/core/cuda/wgmma.cuh"
#include "kernels/delta_rule/tensor_core.cuh"

namespace hone::kernels::delta {

constexpr int kGroup = 128;  // threads of a warpgroup
constexpr int kWide = 128;   // Dk and Dv
constexpr int kHalf = 64;    // columns that a warpgroup takes of them
constexpr size_t kTileAlignment = 1024;

using WideTile = PanelTile<kChunk, kWide>;     // [64, 128]: Q, K, U, W, V', S^T of a half, ...
using SquareTile = PanelTile<kChunk, kChunk>;  // [64, 64]: P, Tm; a panel of a WideTile
constexpr int kWideElements = kChunk * kWide, kSquareElements = kChunk * kChunk;
constexpr int kStateElements = kWide * kWide;  // S^T: a WideTile for each half of its rows

// The f32 numbers of a tile: gamma (beyond the last row as there), e^gamma, e^(gamma_n - gamma), beta.
struct Gates {
  float gamma[kChunk], decay[kChunk], to_end[kChunk], beta[kChunk];

  __device__ float whole() const { return decay[kChunk - 1]; }  // e^gamma_n
};
constexpr int kGateElements = sizeof(Gates) / sizeof(float);

// e^(gamma_i - gamma_c) if `kept`, else 0. The exponent is masked before exp: above the diagonal it could
// overflow.
__device__ inline float masked_decay(const float* gamma, int i, int c, bool kept) {
  return __expf(kept ? gamma[i] - gamma[c] : -INFINITY);
}

__device__ inline unsigned char* aligned_tiles(unsigned char* shared) {
  return shared + (kTileAlignment - shared_address(shared) % kTileAlignment) % kTileAlignment;
}

// Number of the thread's warpgroup, which the compiler sees to be one for the whole warp: for branches
// around products. To be called by whole warps.
__device__ inline int warpgroup() {
  return __shfl_sync(~0u, static_cast<int>(threadIdx.x) / kGroup, 0);
}
// Warp of a warpgroup, and the position of a lane in FragmentC: (group, 2 pair ..).
__device__ inline int group_warp() { return static_cast<int>(threadIdx.x) / 32 % 4; }
__device__ inline int lane_group() { return static_cast<int>(threadIdx.x) % 32 / 4; }
__device__ inline int lane_pair() { return static_cast<int>(threadIdx.x) % 4; }

// ---- copies, by kThreads threads of which this one is number `thread`

// 16 bytes from kOffset on, without an addition.
template <int kOffset>
__device__ void copy_piece(uint32_t to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0 + %2], [%1 + %2], 16;" ::"r"(to), "l"(from),
               "n"(kOffset)
               : "memory");
}

// kBytes as they lie.
template <int kBytes, int kThreads>
__device__ void copy_as_is(uint32_t to, const void* from, int thread) {
  to += thread * 16;
  from = static_cast<const char*>(from) + thread * 16;
  constexpr int kTurn = kThreads * 16;  // bytes of a turn of all threads
  if constexpr (kBytes < kTurn) {
    if (thread * 16 < kBytes) copy_piece<0>(to, from);
  } else {
    static_assert(kBytes % kTurn == 0);
    [&]<int... i>(std::integer_sequence<int, i...>) { (copy_piece<i * kTurn>(to, from), ...); }
    (std::make_integer_sequence<int, kBytes / kTurn>());
  }
}

// `rows` rows of a matrix, row_stride elements apart; the tile's others become 0.
template <int kThreads, int kColumns>
__device__ void copy_rows(const PanelTile<kChunk, kColumns>& tile, const bf16* from,
                          int64_t row_stride, int64_t rows, int thread) {
  constexpr int kPieces = kColumns / 8, kTurn = kThreads / kPieces;  // rows of a turn
  static_assert(kTurn % 8 == 0);  // rows a turn apart have their pieces permuted alike
  const int row = thread / kPieces, there = static_cast<int>(rows);
  const uint32_t to = tile.piece(row, thread % kPieces);
  const bf16* next = from + row * row_stride + thread % kPieces * 8;
#pragma unroll
  for (int i = 0; i < kChunk / kTurn; ++i) {
    const bool inside = row + i * kTurn < there;
    copy_async_16(to + i * kTurn * 128, inside ? next : from, inside);
    next += kTurn * row_stride;
  }
}

__device__ inline uint4 load_piece(uint32_t address) {
  uint4 x;
  asm volatile("ld.shared.v4.b32 {%0, %1, %2, %3}, [%4];"
               : "=r"(x.x), "=r"(x.y), "=r"(x.z), "=r"(x.w)
               : "r"(address));
  return x;
}

// kBytes of shared memory as they lie.
template <int kBytes, int kThreads>
__device__ void write_as_is(void* to, uint32_t from, int thread) {
#pragma unroll
  for (int i = 0; i < kBytes / 16 / kThreads; ++i) {
    const int piece = i * kThreads + thread;
    static_cast<uint4*>(to)[piece] = load_piece(from + piece * 16);
  }
}

// ---- operands in registers: FragmentA number k of a warp has columns 16 k .. of its 16 rows

// Two neighbouring tiles of a sum, rounded.
__device__ inline FragmentA rounded(const FragmentC& left, const FragmentC& right) {
  return {pack_bf16(left.x[0], left.x[1]), pack_bf16(left.x[2], left.x[3]),
          pack_bf16(right.x[0], right.x[1]), pack_bf16(right.x[2], right.x[3])};
}
__device__ inline float low_half(uint32_t pair) { return __uint_as_float(pair << 16); }
__device__ inline float high_half(uint32_t pair) { return __uint_as_float(pair & 0xffff0000u); }

// Where a lane's row of the four 8 x 8 matrices of a fragment is: of the fragment at (row, 8 piece), and
// of the one whose transpose lies there.
template <class Tile>
__device__ uint32_t fragment_at(const Tile& tile, int row, int piece) {
  const int lane = threadIdx.x % 32;
  return tile.piece(row + lane % 16, piece + lane / 16);
}
template <class Tile>
__device__ uint32_t transposed_at(const Tile& tile, int row, int piece) {
  const int lane = threadIdx.x % 32;
  return tile.piece(row + lane % 8 + lane / 16 * 8, piece + lane / 8 % 2);
}

template <class Tile>
__device__ FragmentA load_fragment(const Tile& tile, int row, int piece) {
  FragmentA f;
  load_matrices(f.x, fragment_at(tile, row, piece));
  return f;
}
template <class Tile>
__device__ FragmentA load_transposed(const Tile& tile, int row, int piece) {
  FragmentA f;
  load_matrices_transposed(f.x, transposed_at(tile, row, piece));
  return f;
}
template <class Tile>
__device__ void store_fragment(const Tile& tile, int row, int piece, const FragmentA& f) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(
                   fragment_at(tile, row, piece)),
               "r"(f.x[0]), "r"(f.x[1]), "r"(f.x[2]), "r"(f.x[3])
               : "memory");
}
template <class Tile>
__device__ void store_transposed(const Tile& tile, int row, int piece, const FragmentA& f) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(
                   transposed_at(tile, row, piece)),
               "r"(f.x[0]), "r"(f.x[1]), "r"(f.x[2]), "r"(f.x[3])
               : "memory");
}

// The warpgroup's sum [64, 64], rounded, in columns 8 piece .. of a tile.
template <class Tile>
__device__ void store_sum(const Tile& tile, int piece, const FragmentC (&c)[8]) {
#pragma unroll
  for (int k = 0; k < 4; ++k)
    store_fragment(tile, 16 * group_warp(), piece + 2 * k, rounded(c[2 * k], c[2 * k + 1]));
}

// ---- products of a warpgroup: c [64, 64] += a b, queued; a in registers or in shared memory

// b's terms are its rows; its columns are those from `column` on.
template <int kTerms, class Tile>
__device__ void queue_down(FragmentC (&c)[8], const FragmentA* a, const Tile& b, int column) {
#pragma unroll
  for (int k = 0; k < kTerms / 16; ++k)
    warpgroup_mma<true>(c, a[k], b.down_columns(16 * k, column));
}
// b's columns are its terms: c += a b^T.
template <int kTerms, class Tile>
__device__ void queue_along(FragmentC (&c)[8], const FragmentA* a, const Tile& b) {
#pragma unroll
  for (int k = 0; k < kTerms / 16; ++k) warpgroup_mma<false>(c, a[k], b.along_rows(0, 16 * k));
}
// c = a b^T.
template <int kTerms, int kColumns, class Tile>
__device__ void queue_along(FragmentC (&c)[8], const PanelTile<kChunk, kColumns>& a,
                            const Tile& b) {
  warpgroup_mma<false, false>(c, a.along_rows(0, 0), b.along_rows(0, 0));
#pragma unroll
  for (int k = 16; k < kTerms; k += 16)
    warpgroup_mma<false>(c, a.along_rows(0, k), b.along_rows(0, k));
}

// The registers of queued products. The compiler does not know that they are busy: settled before the
// first product, they have their values when it starts; settled after wait_for_products, they are not
// read before it.
__device__ inline void settle(FragmentC& c) {
  asm volatile("" : "+f"(c.x[0]), "+f"(c.x[1]), "+f"(c.x[2]), "+f"(c.x[3])::"memory");
}
__device__ inline void settle(FragmentA& a) {
  asm volatile("" : "+r"(a.x[0]), "+r"(a.x[1]), "+r"(a.x[2]), "+r"(a.x[3])::"memory");
}
template <class Part, int kN>
__device__ void settle(Part (&parts)[kN]) {
#pragma unroll
  for (int i = 0; i < kN; ++i) settle(parts[i]);
}

// Before products that use these registers.
template <class... Parts>
__device__ void begin_products(Parts&... parts) {
  (settle(parts), ...);
  fence_products();
}
// Ends a group of products.
template <int kPending = 0, class... Parts>
__device__ void finish_products(Parts&... parts) {
  wait_for_products<kPending>();
  (settle(parts), ...);
}

// A barrier of kThreads threads whose warps come from different places in the code, as those of different
// roles do. __syncthreads() wants all of them in one place.      source: PTX ISA, "barrier"
template <int kThreads>
__device__ inline void meet() {
  asm volatile("barrier.sync.aligned 1, %0;" ::"n"(kThreads) : "memory");
}

}  // namespace hone::kernels::delta
