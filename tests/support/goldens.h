// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace hone::test {

// The directory of a golden model. Bazel gives tests links to the files, and models made of links
// are refused, so this is where the files themselves are.
inline std::string golden_model(const std::string& name) {
  return std::filesystem::canonical("tests/goldens/models/" + name + "/config.json")
      .parent_path()
      .string();
}

}  // namespace hone::test
