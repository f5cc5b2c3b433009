// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// One process at a time writes into an output folder.
#pragma once

#include <filesystem>

#include "data/file.h"

namespace hone {

// Holds output_dir/.lock locked (flock) until it goes; the system lets go of it as well when the
// process dies, however that happens. The file stays, and holds the number of the last process.
class OutputLock {
 public:
  // Errors: kUsage when another process holds it, and still does after 3 s, naming that process;
  // kDisk.
  explicit OutputLock(const std::filesystem::path& output_dir);

 private:
  FileDescriptor fd_;
};

}  // namespace hone
