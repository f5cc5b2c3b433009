// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// gpu.h and gpu_memory.h for builds without CUDA.
#include "tensor/check.h"
#include "tensor/gpu.h"
#include "tensor/gpu_memory.h"

namespace hone {
namespace {

constexpr const char* kNoCuda =
    "hone was built without CUDA: install the CUDA toolkit (nvcc) and build again";

[[noreturn]] void fail_without_gpu() { fail(ErrorCode::kDevice, kNoCuda, ", or use the cpu"); }

}  // namespace

int gpu_count() { return 0; }
std::string why_no_gpu() { return kNoCuda; }
CUstream_st* gpu_stream(Device) { fail_without_gpu(); }
void synchronize(Device device) {
  if (device.type == DeviceType::cuda) fail_without_gpu();
}
GpuCounters gpu_counters() { return {}; }
const GpuProperties& gpu_properties(Device) { fail_without_gpu(); }
int64_t gpu_free_bytes(Device) { fail_without_gpu(); }

namespace gpu {

void* allocate(int64_t, int) { fail_without_gpu(); }
void free(void*, int) noexcept {}
void zero(void*, int64_t, int) { fail_without_gpu(); }
void copy_from_host(void*, const void*, int64_t, int) { fail_without_gpu(); }
void copy_to_host(void*, const void*, int64_t, int) { fail_without_gpu(); }
void copy(void*, int, const void*, int, int64_t) { fail_without_gpu(); }
HostCopy* begin_copy_to_host(const void*, int64_t, int) { fail_without_gpu(); }
const void* wait_for(const HostCopy&) { fail_without_gpu(); }
void give_back(HostCopy*) noexcept {}

}  // namespace gpu
}  // namespace hone
