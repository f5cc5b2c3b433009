// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tensor/gpu_memory.h"

#include "tensor/cuda_check.h"
#include "tensor/gpu.h"
#include "tensor/gpu_counts.h"

namespace hone::gpu {
namespace {

CUstream_st* stream_of(int index) { return gpu_stream({DeviceType::cuda, index}); }

}  // namespace

void* allocate(int64_t bytes, int index) {
  CUstream_st* const stream = stream_of(index);
  ++allocations;
  void* data = nullptr;
  const cudaError_t error = cudaMallocAsync(&data, static_cast<size_t>(bytes), stream);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // clears it
    return nullptr;
  }
  check_cuda(error);
  return data;
}

// Errors are left to the next call that can report them.
void free(void* data, int index) noexcept {
  try {
    cudaFreeAsync(data, stream_of(index));
  } catch (const Error&) {
  }
}

void zero(void* data, int64_t bytes, int index) {
  check_cuda(cudaMemsetAsync(data, 0, static_cast<size_t>(bytes), stream_of(index)));
}

void copy_to_host(void* to, const void* from, int64_t bytes, int index) {
  check_cuda(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost,
                             stream_of(index)));
  synchronize({DeviceType::cuda, index});
}

void copy(void* to, int to_index, const void* from, int from_index, int64_t bytes) {
  CUstream_st* const stream = stream_of(to_index);
  if (to_index == from_index) {
    check_cuda(
        cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDeviceToDevice, stream));
    return;
  }
  synchronize({DeviceType::cuda, from_index});
  gpu_stream({DeviceType::cuda, to_index});
  check_cuda(
      cudaMemcpyPeerAsync(to, to_index, from, from_index, static_cast<size_t>(bytes), stream));
}

}  // namespace hone::gpu
