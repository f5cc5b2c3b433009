// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Copies from global to shared memory that run beside the arithmetic.
//                                                        source: PTX ISA, "cp.async"
#pragma once

#include <cstdint>

namespace hone::kernels {

// 16 bytes; zeros when `there` is false: nothing is read then, wherever `global` points.
__device__ inline void copy_async_16(uint32_t shared, const void* global, bool there) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared), "l"(global),
               "r"(there ? 16 : 0)
               : "memory");
}

// Ends a group of copies.
__device__ inline void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until at most kPending of the thread's newest groups are on their way.
template <int kPending>
__device__ inline void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

}  // namespace hone::kernels
