// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The raw memory of a device: what the allocator and Tensor are built on. On the GPU everything is
// ordered by the device's one stream (gpu.h), allocation and freeing too.
#pragma once

#include <cstdint>

#include "tensor/device.h"

namespace hone {

// `bytes` > 0, aligned to 64 (GPU: 256); null when the device has no such block left. On meta always
// null. Errors: kDevice.
void* allocate_memory(int64_t bytes, Device device);
// data: from allocate_memory on the same device, or null. Never throws.
void free_memory(void* data, Device device) noexcept;

void zero_memory(void* data, int64_t bytes, Device device);

// Copies bytes between any two devices but meta. Sync: stream-ordered, except that a copy to the CPU
// has arrived when the function returns (counted in GpuCounters), and that CPU memory copied from may
// be changed at once.
void copy_memory(void* to, Device to_device, const void* from, Device from_device, int64_t bytes);

}  // namespace hone
