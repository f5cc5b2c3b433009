// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How much memory this process has, by the kernel's count.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace hone {

// A line of /proc/self/status, in bytes; 0 where there is none.
inline int64_t memory_status(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stoll(line.substr(name.size() + 1)) * 1024;
  return 0;
}

inline int64_t resident_bytes() { return memory_status("VmRSS"); }
inline int64_t peak_resident_bytes() { return memory_status("VmHWM"); }
// Sets the peak to what is resident now, where the kernel allows it.
inline void reset_peak_resident_bytes() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace hone
