// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tensor cores, one warp at a time: products of 16 x 16 by 16 x 8 tiles of bf16 with f32 sums, and the
// loads that bring such tiles from shared memory.           source: PTX ISA, "Warp Level Matrix
//                                                            Instructions" (mma.m16n8k16, ldmatrix)
//
// Which lane holds what, with group = lane / 4 and pair = lane % 4:
//   A [16, 16]  x[0] (group, 2 pair ..)   x[1] (group + 8, 2 pair ..)   x[2], x[3] the same 8 columns on
//   B [16, 8]   x[0] (2 pair .., group)   x[1] the same 8 rows down
//   C [16, 8]   x[0], x[1] (group, 2 pair ..)   x[2], x[3] (group + 8, 2 pair ..)
#pragma once

#include <cuda_bf16.h>

#include <cstdint>

#include "tensor/dtype.h"

namespace hone::kernels {

struct FragmentA {
  uint32_t x[4];
};
struct FragmentB {
  uint32_t x[2];
};
struct FragmentC {
  float x[4];
};

// c += a b
__device__ inline void mma(FragmentC& c, const FragmentA& a, const FragmentB& b) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(c.x[0]), "+f"(c.x[1]), "+f"(c.x[2]), "+f"(c.x[3])
      : "r"(a.x[0]), "r"(a.x[1]), "r"(a.x[2]), "r"(a.x[3]), "r"(b.x[0]), "r"(b.x[1]));
}

// Two floats rounded to bf16, the first in the lower half.
__device__ inline uint32_t pack_bf16(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const uint32_t*>(&pair);
}

__device__ inline uint32_t shared_address(const void* p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

// Four 8 x 8 matrices: lane i gives the address of row i % 8 of matrix i / 8.
__device__ inline void load_matrices(uint32_t (&x)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
               : "r"(address));
}
// The same, each transposed.
__device__ inline void load_matrices_transposed(uint32_t (&x)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
               : "r"(address));
}

// A tile [rows, kColumns] of bf16 in shared memory. The 16-byte pieces of a row are permuted by the
// row's number, so that neither a column of pieces nor a row meets itself in a bank.
template <int kColumns>
struct SharedTile {
  static_assert(kColumns % 16 == 0);
  static constexpr int kPieces = kColumns / 8;  // of 16 bytes
  // Rows of 16 pieces or more permute all 8 neighbours; shorter ones what they have.
  static constexpr int kMask = kPieces % 8 == 0 ? 7 : kPieces % 4 == 0 ? 3 : 1;
  // Of short rows several fill the banks together: they share a permutation.
  static constexpr int kRowsPerTurn = kPieces >= 8 ? 1 : 8 / (kMask + 1);

  uint32_t base;  // shared address

  __device__ explicit SharedTile(const void* p) : base(shared_address(p)) {}
  static constexpr size_t bytes(int rows) { return static_cast<size_t>(rows) * kColumns * 2; }
  __device__ uint32_t piece(int row, int piece) const {
    const int turned = piece ^ (row / kRowsPerTurn & kMask);
    return base + static_cast<uint32_t>(row * kColumns * 2 + turned * 16);
  }

  // The A tile at (row, 8 * piece): rows of 16 elements.
  __device__ FragmentA a(int row, int first_piece) const {
    const int lane = threadIdx.x % 32;
    FragmentA f;
    load_matrices(f.x, piece(row + lane % 16, first_piece + lane / 16));
    return f;
  }
  // Two neighbouring B tiles from rows that are their columns: B[k, n] = tile[row + n, 8 piece + k],
  // n < 16.
  __device__ void b_pair(int row, int first_piece, FragmentB& left, FragmentB& right) const {
    const int lane = threadIdx.x % 32;
    uint32_t x[4];
    load_matrices(x, piece(row + lane % 8 + lane / 16 * 8, first_piece + lane / 8 % 2));
    left = {x[0], x[1]};
    right = {x[2], x[3]};
  }
  // Two neighbouring B tiles as they lie: B[k, n] = tile[row + k, 8 piece + n], n < 16.
  __device__ void b_pair_transposed(int row, int first_piece, FragmentB& left,
                                    FragmentB& right) const {
    const int lane = threadIdx.x % 32;
    uint32_t x[4];
    load_matrices_transposed(x, piece(row + lane % 16, first_piece + lane / 16));
    left = {x[0], x[1]};
    right = {x[2], x[3]};
  }
  // The A tile whose transpose lies there: A[m, k] = tile[row + k, 8 piece + m].
  __device__ FragmentA a_transposed(int row, int first_piece) const {
    const int lane = threadIdx.x % 32;
    FragmentA f;
    load_matrices_transposed(f.x,
                             piece(row + lane % 8 + lane / 16 * 8, first_piece + lane / 8 % 2));
    return f;
  }
};

}  // namespace hone::kernels
