// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace hone {

// Bytes that this process may still take from the machine: MemAvailable of <root>/proc/meminfo, or
// what the control group leaves (memory.max - memory.current of <root>/sys/fs/cgroup) if that is
// less. 0 when neither can be read. `root` is for tests.
int64_t available_host_memory(const std::filesystem::path& root = "/");

}  // namespace hone
