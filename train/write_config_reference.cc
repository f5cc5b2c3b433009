// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Brings train/README.md up to date with the tables of keys:
//   tools/bazel run //train:config_reference
#include <cstdio>
#include <cstdlib>
#include <string>

#include "data/file.h"
#include "train/config_reference.h"

int main() {
  try {
    const char* root = std::getenv("BUILD_WORKSPACE_DIRECTORY");
    const std::string path = std::string(root != nullptr ? root : ".") + "/train/README.md";
    const std::string readme = hone::read_file(path, hone::ErrorCode::kUsage);
    const std::string updated = hone::with_config_reference(readme);
    if (updated != readme) hone::write_file(path, updated);
    std::printf("%s: %s\n", path.c_str(), updated == readme ? "up to date" : "written");
    return 0;
  } catch (const hone::Error& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return static_cast<int>(e.code());
  }
}
