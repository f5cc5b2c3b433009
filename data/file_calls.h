// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The system calls that change files, each in one place. A hook sees every one of them before it
// happens, so that tests can fail the k-th, shorten it, keep a record, or end the process there.
//
// All return as the system call of that name does, with errno set; interrupted calls (EINTR) are
// repeated.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>

namespace hone {

struct FileCall {
  enum class Kind {
    kCreate,           // open for writing
    kWrite,            // bytes at offset
    kSync,             // fsync of a file
    kSyncDirectory,    // fsync of a directory
    kRename,           // path becomes target
    kUnlink,           // of a file
    kMakeDirectory,    // mkdir
    kRemoveDirectory,  // rmdir
  };
  Kind kind;
  const std::string& path;
  const std::string& target = path;       // kRename
  int64_t offset = 0;                     // kWrite; negative: at the end
  std::span<const std::byte> bytes = {};  // kWrite
};

// What becomes of a call: it fails with an errno, or writes at most so many bytes.
struct FileFault {
  int error = 0;
  size_t at_most = std::numeric_limits<size_t>::max();
};

using FileHook = std::function<FileFault(const FileCall&)>;

// Installs a hook for as long as it lives; one at a time. For tests.
class FileHookScope {
 public:
  explicit FileHookScope(FileHook hook);
  ~FileHookScope();
  FileHookScope(const FileHookScope&) = delete;
  FileHookScope& operator=(const FileHookScope&) = delete;
};

namespace file_calls {

// `path` names the file of `fd`, for the hook.
int create(const std::string& path, int flags, mode_t mode);
ssize_t write(int fd, const std::string& path, int64_t offset, std::span<const std::byte> bytes);
ssize_t append(int fd, const std::string& path, std::span<const std::byte> bytes);
int sync(int fd, const std::string& path);
int sync_directory(const std::string& path);
int rename(const std::string& from, const std::string& to);
int unlink(const std::string& path);
int make_directory(const std::string& path, mode_t mode);
int remove_directory(const std::string& path);

}  // namespace file_calls

}  // namespace hone
