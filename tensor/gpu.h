// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The NVIDIA GPUs of this machine. Each has one stream, owned here, on which all its work runs in
// order; whoever launches something asks for it.
//
// In a build without CUDA there are no GPUs. No header of the toolkit is needed to include this.
#pragma once

#include <cstdint>
#include <string>

#include "tensor/device.h"

struct CUstream_st;

namespace hone {

// GPUs that programs may use; 0 without a GPU, a driver or CUDA in this build.
int gpu_count();

// Why there is none, in words: no CUDA in this build, no driver, no GPU. Empty when there are some.
std::string why_no_gpu();

// Makes `device` the calling thread's current GPU and returns its stream. Errors: kDevice when there
// is no such GPU.
CUstream_st* gpu_stream(Device device);

// Waits until everything queued on the device's stream is done; on other devices nothing.
// Errors: kDevice when a kernel failed.
void synchronize(Device device);

// What makes the host wait for a GPU, or asks its driver for memory, since the program began. A
// repeated training step does neither.
struct GpuCounters {
  int64_t synchronisations = 0;  // waits, and copies to host memory that wait
  int64_t allocations = 0;       // blocks from the driver's pool
};
GpuCounters gpu_counters();

struct GpuProperties {
  std::string name;
  int multiprocessors = 0;
  int compute_capability = 0;  // 90 for 9.0
  int64_t shared_bytes = 0;    // of a block at most, opted in
  int64_t l2_bytes = 0;
  int64_t total_bytes = 0;
};
const GpuProperties& gpu_properties(Device device);

// Bytes that the driver could still give.
int64_t gpu_free_bytes(Device device);

}  // namespace hone
