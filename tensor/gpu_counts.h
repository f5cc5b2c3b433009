// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where gpu.cc and gpu_memory.cc count what GpuCounters reports.
#pragma once

#include <atomic>
#include <cstdint>

namespace hone::gpu {

inline std::atomic<int64_t> synchronisations = 0;
inline std::atomic<int64_t> allocations = 0;

}  // namespace hone::gpu
