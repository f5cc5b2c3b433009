// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Grids of kernels whose blocks prepare something once and then walk over much work.
#pragma once

#include "kernels/core/cuda/launch.cuh"

namespace hone::kernels {

// How many blocks of `kernel` the current GPU holds at a time. What a kernel computes may not depend on
// it: sums are not cut by it.
template <class... Parameters>
int64_t resident_blocks(void (*kernel)(Parameters...), int threads, size_t shared = 0) {
  int device = 0, processors = 0, blocks = 0;
  check_cuda(cudaGetDevice(&device));
  check_cuda(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device));
  check_cuda(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, threads, shared));
  return int64_t{processors} * blocks;
}

}  // namespace hone::kernels
