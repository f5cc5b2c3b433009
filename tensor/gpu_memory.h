// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// device_memory.h for one GPU. gpu_memory.cc implements it with CUDA, no_gpu.cc where the build has
// none.
#pragma once

#include <cstdint>

namespace hone::gpu {

void* allocate(int64_t bytes, int index);  // null when there is no memory left
void free(void* data, int index) noexcept;
void zero(void* data, int64_t bytes, int index);
void copy_from_host(void* to, const void* from, int64_t bytes, int index);
void copy_to_host(void* to, const void* from, int64_t bytes, int index);  // waits
void copy(void* to, int to_index, const void* from, int from_index, int64_t bytes);

// A small copy to pinned host memory that is under way.
struct HostCopy;
// Queues it. bytes <= kHostCopyBytes.
inline constexpr int64_t kHostCopyBytes = 4096;
HostCopy* begin_copy_to_host(const void* from, int64_t bytes, int index);
// Where the bytes are, once they are there: waits for this copy, not for what was queued after it.
const void* wait_for(const HostCopy& copy);
void give_back(HostCopy* copy) noexcept;

}  // namespace hone::gpu
