// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/host_memory.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace hone {
namespace {

namespace fs = std::filesystem;

TEST_CASE("host_memory: what the machine has, or what the control group leaves") {
  std::string name = (fs::temp_directory_path() / "hone_memory_XXXXXX").string();
  const fs::path root = mkdtemp(name.data());
  CHECK(available_host_memory(root) == 0);
  fs::create_directories(root / "proc");
  fs::create_directories(root / "sys/fs/cgroup");
  std::ofstream(root / "proc/meminfo") << "MemTotal:       8000 kB\nMemFree:        1000 kB\n"
                                          "HugePages_Total:       0\nMemAvailable:   5000 kB\n";
  CHECK(available_host_memory(root) == 5000 * 1024);
  std::ofstream(root / "sys/fs/cgroup/memory.max") << "max\n";
  std::ofstream(root / "sys/fs/cgroup/memory.current") << "1000\n";
  CHECK(available_host_memory(root) == 5000 * 1024);
  std::ofstream(root / "sys/fs/cgroup/memory.max") << "4000\n";
  CHECK(available_host_memory(root) == 3000);
  std::ofstream(root / "sys/fs/cgroup/memory.current") << "9000\n";
  CHECK(available_host_memory(root) == 0);
  fs::remove_all(root);
}

TEST_CASE("host_memory: this machine has some") { CHECK(available_host_memory() > 0); }

}  // namespace
}  // namespace hone
