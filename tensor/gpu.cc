// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tensor/gpu.h"

#include <atomic>
#include <mutex>
#include <vector>

#include "tensor/cuda_check.h"
#include "tensor/gpu_counts.h"

namespace hone {
namespace {

struct Gpu {
  CUstream_st* stream = nullptr;
  GpuProperties properties;
};

struct Gpus {
  std::string why_none;
  int count = 0;
};

const Gpus& gpus() {
  static const Gpus found = [] {
    Gpus g;
    const cudaError_t error = cudaGetDeviceCount(&g.count);
    if (error != cudaSuccess) {
      cudaGetLastError();  // clears it
      g.count = 0;
      // The runtime says the same where there is no driver at all.
      g.why_none = error == cudaErrorInsufficientDriver
                       ? "this machine has no NVIDIA driver, or one too old for this CUDA runtime"
                       : cudaGetErrorString(error);
    } else if (g.count == 0) {
      g.why_none = "this machine has no GPU, or CUDA_VISIBLE_DEVICES hides it";
    }
    return g;
  }();
  return found;
}

int attribute(cudaDeviceAttr which, int index) {
  int value = 0;
  check_cuda(cudaDeviceGetAttribute(&value, which, index));
  return value;
}

// Blocks that are freed stay with the process: the pool never trims itself.
void keep_freed_blocks(int index) {
  cudaMemPool_t pool = nullptr;
  check_cuda(cudaDeviceGetDefaultMemPool(&pool, index));
  uint64_t all = UINT64_MAX;
  check_cuda(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &all));
}

Gpu open(int index) {
  Gpu g;
  check_cuda(cudaSetDevice(index));
  check_cuda(cudaStreamCreateWithFlags(&g.stream, cudaStreamNonBlocking));
  keep_freed_blocks(index);
  cudaDeviceProp p = {};
  check_cuda(cudaGetDeviceProperties(&p, index));
  g.properties = {.name = p.name,
                  .multiprocessors = p.multiProcessorCount,
                  .compute_capability = 10 * p.major + p.minor,
                  .shared_bytes = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, index),
                  .l2_bytes = p.l2CacheSize,
                  .total_bytes = static_cast<int64_t>(p.totalGlobalMem)};
  return g;
}

// Opened when first used, and never closed: tensors with static lifetime may be freed after main.
const Gpu& gpu_of(Device device) {
  check(device.type == DeviceType::cuda, "gpu: ", name_of(device), " is no GPU");
  if (device.index < 0 || device.index >= gpus().count) {
    if (gpus().count == 0) fail(ErrorCode::kDevice, "no GPU: ", gpus().why_none, "; use the cpu");
    fail(ErrorCode::kDevice, name_of(device), ": this machine has ", gpus().count,
         " GPUs, counted from 0");
  }
  static std::mutex mutex;
  static auto* const opened = new std::vector<Gpu*>(static_cast<size_t>(gpus().count));
  const std::lock_guard lock(mutex);
  Gpu*& gpu = (*opened)[static_cast<size_t>(device.index)];
  if (gpu == nullptr) gpu = new Gpu(open(device.index));
  return *gpu;
}

thread_local int current_gpu = -1;

}  // namespace

int gpu_count() { return gpus().count; }
std::string why_no_gpu() { return gpus().why_none; }

CUstream_st* gpu_stream(Device device) {
  const Gpu& gpu = gpu_of(device);
  if (current_gpu != device.index) {
    check_cuda(cudaSetDevice(device.index));
    current_gpu = device.index;
  }
  return gpu.stream;
}

void synchronize(Device device) {
  if (device.type != DeviceType::cuda) return;
  CUstream_st* const stream = gpu_stream(device);
  ++gpu::synchronisations;
  check_cuda(cudaStreamSynchronize(stream));
}

GpuCounters gpu_counters() {
  return {.synchronisations = gpu::synchronisations, .allocations = gpu::allocations};
}

const GpuProperties& gpu_properties(Device device) { return gpu_of(device).properties; }

int64_t gpu_free_bytes(Device device) {
  gpu_stream(device);
  size_t free = 0, total = 0;
  check_cuda(cudaMemGetInfo(&free, &total));
  return static_cast<int64_t>(free);
}

}  // namespace hone
