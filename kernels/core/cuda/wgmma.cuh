// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tensor cores, four warps at a time: products that read their operands from shared memory and run
// beside other instructions.       source: PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions"
//
//   A warpgroup (128 threads) holds C [64, 64]; its warp w has rows 16 w ..., each lane what it has of
//   FragmentC (mma.cuh), so that what is written for those works here too. B, and A unless it is in
//   registers, lie in panels: 64 columns of bf16, 128 bytes a row, the 16-byte pieces of a row
//   permuted by its number. What threads wrote to shared memory is seen after fence_shared() and a
//   barrier.
#pragma once

#include <cstdint>

#include "kernels/core/cuda/mma.cuh"
#include "tensor/gpu.h"

namespace hone::kernels {

// Whether the GPU has these instructions: they are in 9.0 (code compiled for 90a) and in no other.
inline bool has_warpgroup_products(Device device) {
  return gpu_properties(device).compute_capability == 90;
}
#if !defined(__CUDA_ARCH__) || defined(__CUDA_ARCH_FEAT_SM90_ALL)
inline constexpr bool kWarpgroupProducts = true;
#else
inline constexpr bool kWarpgroupProducts = false;  // in code for other GPUs
#endif

// A tile [kRows, kColumns] of bf16 in shared memory, as panels side by side. Base: aligned to 1024 bytes.
template <int kRows, int kColumns>
struct PanelTile {
  static_assert(kRows % 8 == 0 && kColumns % 64 == 0);
  static constexpr int kPieces = kColumns / 8;  // of 16 bytes, in a row
  static constexpr int kPanelBytes = kRows * 128;
  static constexpr size_t kBytes = size_t{kPanelBytes} * (kColumns / 64);

  uint32_t base;  // shared address

  __device__ explicit PanelTile(const void* p) : base(shared_address(p)) {}
  __device__ uint32_t piece(int row, int piece) const {
    return base + static_cast<uint32_t>(piece / 8 * kPanelBytes + row * 128 +
                                        ((piece % 8) ^ (row % 8)) * 16);
  }

  // The descriptor of a matrix that begins at `address`: 128-byte swizzle, 1024 bytes from eight rows
  // to the next eight.
  __device__ static uint64_t descriptor(uint32_t address) {
    return uint64_t{(address & 0x3ffff) >> 4} | uint64_t{1} << 16 | uint64_t{1024 >> 4} << 32 |
           uint64_t{1} << 62;
  }
  // 16 columns from `column` on, of the rows from `row` on (a multiple of 8): terms run along a row.
  __device__ uint64_t along_rows(int row, int column) const {
    return descriptor(
        base + static_cast<uint32_t>(column / 64 * kPanelBytes + row * 128 + column % 64 * 2));
  }
  // 64 columns from `column` on, of 16 rows from `row` on: terms run down a column.
  __device__ uint64_t down_columns(int row, int column) const {
    return descriptor(base + static_cast<uint32_t>(column / 64 * kPanelBytes + row * 128));
  }
};

// Makes this thread's writes to shared memory visible to the tensor cores, after a barrier.
__device__ inline void fence_shared() {
  if constexpr (kWarpgroupProducts) asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}
// Before the first product that reads or writes registers which other instructions wrote.
__device__ inline void fence_products() {
  if constexpr (kWarpgroupProducts) asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}
// Ends a group of products.
__device__ inline void commit_products() {
  if constexpr (kWarpgroupProducts) asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
// Waits until at most kPending of the newest groups are running.
template <int kPending>
__device__ inline void wait_for_products() {
  if constexpr (kWarpgroupProducts)
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}

// The three products: a thread's sums are operands 0 to 31.

// c += a b, or = a b without kAdd; a [64, 16] and b [16, 64] by their descriptors. kDown: b's terms run
// down its columns.
template <bool kDown, bool kAdd = true>
__device__ inline void warpgroup_mma(FragmentC (&c)[8], uint64_t a, uint64_t b) {
  if constexpr (!kWarpgroupProducts)
    return;
  else if constexpr (kAdd)
    asm volatile(
        "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, "
        "%19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, %32, %33, 1, 1, 1, 0, "
        "%34;"
        : "+f"(c[0].x[0]), "+f"(c[0].x[1]), "+f"(c[0].x[2]), "+f"(c[0].x[3]), "+f"(c[1].x[0]),
          "+f"(c[1].x[1]), "+f"(c[1].x[2]), "+f"(c[1].x[3]), "+f"(c[2].x[0]), "+f"(c[2].x[1]),
          "+f"(c[2].x[2]), "+f"(c[2].x[3]), "+f"(c[3].x[0]), "+f"(c[3].x[1]), "+f"(c[3].x[2]),
          "+f"(c[3].x[3]), "+f"(c[4].x[0]), "+f"(c[4].x[1]), "+f"(c[4].x[2]), "+f"(c[4].x[3]),
          "+f"(c[5].x[0]), "+f"(c[5].x[1]), "+f"(c[5].x[2]), "+f"(c[5].x[3]), "+f"(c[6].x[0]),
          "+f"(c[6].x[1]), "+f"(c[6].x[2]), "+f"(c[6].x[3]), "+f"(c[7].x[0]), "+f"(c[7].x[1]),
          "+f"(c[7].x[2]), "+f"(c[7].x[3])
        : "l"(a), "l"(b), "n"(kDown ? 1 : 0));
  else  // what c held is no operand: it need not be there
    asm volatile(
        "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, "
        "%19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, %32, %33, 0, 1, 1, 0, "
        "%34;"
        : "=f"(c[0].x[0]), "=f"(c[0].x[1]), "=f"(c[0].x[2]), "=f"(c[0].x[3]), "=f"(c[1].x[0]),
          "=f"(c[1].x[1]), "=f"(c[1].x[2]), "=f"(c[1].x[3]), "=f"(c[2].x[0]), "=f"(c[2].x[1]),
          "=f"(c[2].x[2]), "=f"(c[2].x[3]), "=f"(c[3].x[0]), "=f"(c[3].x[1]), "=f"(c[3].x[2]),
          "=f"(c[3].x[3]), "=f"(c[4].x[0]), "=f"(c[4].x[1]), "=f"(c[4].x[2]), "=f"(c[4].x[3]),
          "=f"(c[5].x[0]), "=f"(c[5].x[1]), "=f"(c[5].x[2]), "=f"(c[5].x[3]), "=f"(c[6].x[0]),
          "=f"(c[6].x[1]), "=f"(c[6].x[2]), "=f"(c[6].x[3]), "=f"(c[7].x[0]), "=f"(c[7].x[1]),
          "=f"(c[7].x[2]), "=f"(c[7].x[3])
        : "l"(a), "l"(b), "n"(kDown ? 1 : 0));
}

// c += a b with a in registers: each warp its 16 rows.
template <bool kDown>
__device__ inline void warpgroup_mma(FragmentC (&c)[8], const FragmentA& a, uint64_t b) {
  if constexpr (kWarpgroupProducts)
    asm volatile(
        "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, "
        "%19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, {%32, %33, %34, %35}, "
        "%36, 1, 1, 1, %37;"
        : "+f"(c[0].x[0]), "+f"(c[0].x[1]), "+f"(c[0].x[2]), "+f"(c[0].x[3]), "+f"(c[1].x[0]),
          "+f"(c[1].x[1]), "+f"(c[1].x[2]), "+f"(c[1].x[3]), "+f"(c[2].x[0]), "+f"(c[2].x[1]),
          "+f"(c[2].x[2]), "+f"(c[2].x[3]), "+f"(c[3].x[0]), "+f"(c[3].x[1]), "+f"(c[3].x[2]),
          "+f"(c[3].x[3]), "+f"(c[4].x[0]), "+f"(c[4].x[1]), "+f"(c[4].x[2]), "+f"(c[4].x[3]),
          "+f"(c[5].x[0]), "+f"(c[5].x[1]), "+f"(c[5].x[2]), "+f"(c[5].x[3]), "+f"(c[6].x[0]),
          "+f"(c[6].x[1]), "+f"(c[6].x[2]), "+f"(c[6].x[3]), "+f"(c[7].x[0]), "+f"(c[7].x[1]),
          "+f"(c[7].x[2]), "+f"(c[7].x[3])
        : "r"(a.x[0]), "r"(a.x[1]), "r"(a.x[2]), "r"(a.x[3]), "l"(b), "n"(kDown ? 1 : 0));
}

}  // namespace hone::kernels
