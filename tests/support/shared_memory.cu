// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cuda_runtime.h>

#include "tensor/cuda_check.h"
#include "tests/support/shared_memory.h"

namespace hone::test {
namespace {

__global__ void fill(int words, unsigned* seen) {
  extern __shared__ unsigned shared[];
  for (int i = threadIdx.x; i < words; i += blockDim.x) shared[i] = ~0u;
  __syncthreads();
  // A read that the compiler cannot do without keeps the writes.
  if (seen != nullptr) *seen = shared[threadIdx.x];
}

}  // namespace

void fill_shared_memory_with_nan() {
  int device = 0, bytes = 0, processors = 0;
  check_cuda(cudaGetDevice(&device));
  check_cuda(cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  check_cuda(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device));
  check_cuda(cudaFuncSetAttribute(fill, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
  fill<<<4 * processors, 256, bytes>>>(bytes / 4, nullptr);
  check_cuda(cudaGetLastError());
  check_cuda(cudaDeviceSynchronize());
}

}  // namespace hone::test
