// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// gpu_event.h for builds without CUDA: asking for the stream says so.
#include "tensor/gpu.h"
#include "tensor/gpu_event.h"

namespace hone {

struct GpuEvent::Event {};

GpuEvent::GpuEvent(Device device) { gpu_stream(device); }
double GpuEvent::seconds_since(const GpuEvent&) const { return 0; }

}  // namespace hone
