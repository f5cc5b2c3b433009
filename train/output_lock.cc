// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/output_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "data/printable.h"

namespace hone {
namespace {

// "process 1234", from the lock file's text.
std::string holder(int fd) {
  std::array<char, 32> text = {};
  const ssize_t n = ::pread(fd, text.data(), text.size() - 1, 0);
  std::string digits;
  for (ssize_t i = 0; i < n && text[static_cast<size_t>(i)] >= '0'; ++i)
    if (text[static_cast<size_t>(i)] <= '9') digits += text[static_cast<size_t>(i)];
  return digits.empty() ? "another process" : "process " + digits;
}

}  // namespace

OutputLock::OutputLock(const std::filesystem::path& output_dir) {
  const std::string path = (output_dir / ".lock").string(), shown = printable(path, 4096);
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  fd_ = FileDescriptor(::open(path.c_str(), kFlags, 0644));
  if (fd_.get() < 0) fail(ErrorCode::kDisk, shown, ": cannot open: ", std::strerror(errno));
  int locked = -1;
  do locked = ::flock(fd_.get(), LOCK_EX | LOCK_NB);
  while (locked != 0 && errno == EINTR);
  if (locked != 0 && errno == EWOULDBLOCK)
    fail(ErrorCode::kUsage, printable(output_dir.string(), 4096), ": ", holder(fd_.get()),
         " is training into this folder; wait for it, stop it, or choose another output_dir");
  if (locked != 0) fail(ErrorCode::kDisk, shown, ": cannot lock: ", std::strerror(errno));
  // For the message above only: without it the lock holds all the same.
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd_.get(), 0) == 0) (void)!::pwrite(fd_.get(), text.data(), text.size(), 0);
}

}  // namespace hone
