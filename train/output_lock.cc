// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/output_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

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

// Locks, or says (with errno) why not. A process that was killed holds its lock until the system
// has taken it down, which takes a moment when it has much memory; so a busy lock is asked for again.
bool lock_soon(int fd) {
  constexpr std::chrono::milliseconds kPatience(3000), kPause(20);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(kPause);
    else if (errno != EINTR)
      return false;
  }
  return true;
}

}  // namespace

OutputLock::OutputLock(const std::filesystem::path& output_dir) {
  const std::string path = (output_dir / ".lock").string(), shown = printable(path, 4096);
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  fd_ = FileDescriptor(::open(path.c_str(), kFlags, 0644));
  if (fd_.get() < 0) fail(ErrorCode::kDisk, shown, ": cannot open: ", std::strerror(errno));
  const bool locked = lock_soon(fd_.get());
  if (!locked && errno == EWOULDBLOCK)
    fail(ErrorCode::kUsage, printable(output_dir.string(), 4096), ": ", holder(fd_.get()),
         " is training into this folder; wait for it, stop it, or choose another output_dir");
  if (!locked) fail(ErrorCode::kDisk, shown, ": cannot lock: ", std::strerror(errno));
  // For the message above only: without it the lock holds all the same.
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd_.get(), 0) == 0) (void)!::pwrite(fd_.get(), text.data(), text.size(), 0);
}

}  // namespace hone
