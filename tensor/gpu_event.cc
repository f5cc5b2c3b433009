// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tensor/gpu_event.h"

#include "tensor/cuda_check.h"
#include "tensor/gpu.h"

namespace hone {

struct GpuEvent::Event {
  cudaEvent_t handle = nullptr;
  explicit Event(CUstream_st* stream) {
    check_cuda(cudaEventCreate(&handle));
    check_cuda(cudaEventRecord(handle, stream));
  }
  ~Event() { cudaEventDestroy(handle); }
};

GpuEvent::GpuEvent(Device device) : event_(std::make_shared<const Event>(gpu_stream(device))) {}

double GpuEvent::seconds_since(const GpuEvent& earlier) const {
  float milliseconds = 0;
  check_cuda(cudaEventSynchronize(event_->handle));
  check_cuda(cudaEventElapsedTime(&milliseconds, earlier.event_->handle, event_->handle));
  return static_cast<double>(milliseconds) * 1e-3;
}

}  // namespace hone
