// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A directory for one test case, empty at first, removed with everything in it at the end.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tensor/check.h"

namespace hone {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    const char* base = std::getenv("TEST_TMPDIR");  // set by bazel test
    path_ = (base != nullptr ? base : std::filesystem::temp_directory_path().string()) +
            "/hone_test_XXXXXX";
    check(::mkdtemp(path_.data()) != nullptr, "cannot create ", path_);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  // The path of an entry.
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace hone
