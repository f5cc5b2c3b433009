// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Warps of a block with different work: some copy tiles into shared memory, others compute with them.
//                              source: PTX ISA, "mbarrier", "setmaxnreg"
//
//   A Ring of kStages places is filled in turn, item i into place i % kStages. Its producers wait
//   until the place is free, write and say so; its consumers wait until it is full, read and say so.
//   Waiting for a place that was never filled returns at once. What was written before a signal is
//   seen after the wait that it ends.
#pragma once

#include <cstdint>

#include "kernels/core/cuda/mma.cuh"

namespace hone::kernels {

template <int kStages>
struct Ring {
  // Two barriers of 8 bytes a stage: filled, freed.
  static constexpr size_t kBytes = size_t{16} * kStages;

  uint32_t base;  // shared address

  // By one thread, with a barrier of the block before the first wait: how many warps fill an item, and
  // how many consume it.
  __device__ void init(int producers, int consumers) const {
    for (int stage = 0; stage < kStages; ++stage) {
      asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(filled(stage)), "r"(producers)
                   : "memory");
      asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(freed(stage)), "r"(consumers)
                   : "memory");
    }
  }

  __device__ void wait_until_filled(int64_t item) const { wait(filled(item), item / kStages); }
  __device__ void wait_until_free(int64_t item) const { wait(freed(item), item / kStages + 1); }
  // By all lanes; one signals for its warp. (compute-sanitizer's racecheck believes a signal for the
  // thread that gives it only, and reports what the other lanes wrote.)
  __device__ void signal_filled(int64_t item) const { signal(filled(item)); }
  __device__ void signal_free(int64_t item) const { signal(freed(item)); }

 private:
  __device__ uint32_t filled(int64_t item) const {
    return base + static_cast<uint32_t>(item % kStages) * 16;
  }
  __device__ uint32_t freed(int64_t item) const { return filled(item) + 8; }

  __device__ static void signal(uint32_t barrier) {
    __syncwarp();
    if (threadIdx.x % 32 == 0)
      asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
  }
  // Until the barrier's phase with this parity is over; before the first, those of odd parity are.
  __device__ static void wait(uint32_t barrier, int64_t phase) {
    uint32_t over = 0;
    while (over == 0)
      asm volatile(
          "{\n"
          ".reg .pred p;\n"
          "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n"
          "selp.u32 %0, 1, 0, p;\n"
          "}\n"
          : "=r"(over)
          : "r"(barrier), "r"(static_cast<uint32_t>(phase % 2))
          : "memory");
  }
};

// Registers of each thread of the calling warpgroup from here on. Requires: a kernel with
// __launch_bounds__(threads, 1); the groups' numbers fit into the multiprocessor's 65536 together.
template <int kRegisters>
__device__ inline void give_registers_back() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}
template <int kRegisters>
__device__ inline void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

// A barrier of one warpgroup's threads; `number` tells the warpgroups of a block apart.
__device__ inline void sync_warpgroup(int number) {
  asm volatile("bar.sync %0, 128;" ::"r"(number + 1) : "memory");  // 0 is __syncthreads'
}

}  // namespace hone::kernels
