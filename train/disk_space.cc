// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/disk_space.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>

#include "data/printable.h"
#include "tensor/check.h"
#include "train/progress.h"

namespace hone {

void require_space(const std::filesystem::path& dir, int64_t bytes, const char* what) {
  const std::string shown = printable(dir.string(), 4096);
  struct statvfs status;
  int result = -1;
  do result = ::statvfs(dir.c_str(), &status);
  while (result != 0 && errno == EINTR);
  if (result != 0)
    fail(ErrorCode::kDisk, shown, ": cannot find out how much is free: ", std::strerror(errno));
  if (status.f_blocks == 0) return;
  const double free = static_cast<double>(status.f_bavail) * static_cast<double>(status.f_frsize);
  const double needed = 1.2 * static_cast<double>(bytes);
  if (free >= needed) return;
  fail(ErrorCode::kDisk, shown, ": ", format_bytes(static_cast<int64_t>(free)), " free, expected ",
       format_bytes(static_cast<int64_t>(needed)), " for ", what,
       "; make room, choose another output_dir, keep fewer checkpoints (save_total_limit) or "
       "smaller ones (save_only_model)");
}

}  // namespace hone
