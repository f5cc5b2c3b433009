// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/host_memory.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

namespace hone {
namespace {

namespace fs = std::filesystem;

std::optional<int64_t> meminfo_available(const fs::path& path) {
  std::ifstream file(path);
  std::string name, unit;
  int64_t value = 0;
  while (file >> name >> value) {
    if (name == "MemAvailable:") return value * 1024;  // the file counts in kB of 1024 bytes
    std::getline(file, unit);
  }
  return std::nullopt;
}

// nullopt for "max" as well: no limit.
std::optional<int64_t> number_in(const fs::path& path) {
  std::ifstream file(path);
  int64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

}  // namespace

int64_t available_host_memory(const fs::path& root) {
  std::optional<int64_t> available = meminfo_available(root / "proc/meminfo");
  const auto most = number_in(root / "sys/fs/cgroup/memory.max");
  const auto used = number_in(root / "sys/fs/cgroup/memory.current");
  if (most && used) {
    const int64_t left = std::max<int64_t>(0, *most - *used);
    available = available ? std::min(*available, left) : left;
  }
  return available.value_or(0);
}

}  // namespace hone
