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

}  // namespace hone::gpu
