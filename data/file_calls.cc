// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/file_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "tensor/check.h"

namespace hone {
namespace {

using Kind = FileCall::Kind;

FileHook& current_hook() {
  static FileHook hook;
  return hook;
}

// Asks the hook, then makes the call; again while that is interrupted.
template <class Function>
auto perform(const FileCall& call, Function function) -> decltype(function(size_t{0})) {
  for (;;) {
    FileFault fault;
    if (const FileHook& hook = current_hook()) fault = hook(call);
    errno = fault.error;
    const auto result =
        fault.error != 0 ? -1 : function(std::min(call.bytes.size(), fault.at_most));
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace

FileHookScope::FileHookScope(FileHook hook) {
  check(!current_hook(), "file calls: a hook is installed already");
  current_hook() = std::move(hook);
}

FileHookScope::~FileHookScope() { current_hook() = nullptr; }

namespace file_calls {

int create(const std::string& path, int flags, mode_t mode) {
  return perform({Kind::kCreate, path}, [&](size_t) { return ::open(path.c_str(), flags, mode); });
}

ssize_t write(int fd, const std::string& path, int64_t offset, std::span<const std::byte> bytes) {
  return perform({.kind = Kind::kWrite, .path = path, .offset = offset, .bytes = bytes},
                 [&](size_t n) { return ::pwrite(fd, bytes.data(), n, offset); });
}

ssize_t append(int fd, const std::string& path, std::span<const std::byte> bytes) {
  return perform({.kind = Kind::kWrite, .path = path, .offset = -1, .bytes = bytes},
                 [&](size_t n) { return ::write(fd, bytes.data(), n); });
}

int sync(int fd, const std::string& path) {
  return perform({Kind::kSync, path}, [&](size_t) { return ::fsync(fd); });
}

int sync_directory(const std::string& path) {
  return perform({Kind::kSyncDirectory, path}, [&](size_t) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -1;
    const int result = ::fsync(fd);
    const int error = errno;
    ::close(fd);
    errno = error;
    return result;
  });
}

int rename(const std::string& from, const std::string& to) {
  return perform({Kind::kRename, from, to},
                 [&](size_t) { return std::rename(from.c_str(), to.c_str()); });
}

int unlink(const std::string& path) {
  return perform({Kind::kUnlink, path}, [&](size_t) { return ::unlink(path.c_str()); });
}

int make_directory(const std::string& path, mode_t mode) {
  return perform({Kind::kMakeDirectory, path}, [&](size_t) { return ::mkdir(path.c_str(), mode); });
}

int remove_directory(const std::string& path) {
  return perform({Kind::kRemoveDirectory, path}, [&](size_t) { return ::rmdir(path.c_str()); });
}

}  // namespace file_calls

}  // namespace hone
