// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Files as the rest of data/ needs them: regular files read at explicit offsets or mapped, and
// files that appear whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tensor/check.h"

namespace hone {

// An open file descriptor, closed on destruction.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& o) noexcept : fd_(o.fd_) { o.fd_ = -1; }
  FileDescriptor& operator=(FileDescriptor&& o) noexcept;
  ~FileDescriptor();
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// A whole file mapped read-only. Touching the bytes of a file that another process has shortened
// since raises SIGBUS; InputFile::read reports that as an error instead.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  // Errors: kDisk.
  void map(int fd, int64_t bytes, const std::string& path);
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// A regular file open for reading. Safe for concurrent reads.
class InputFile {
 public:
  // Errors: `code` when the file is missing, unreadable or anything but a regular file (opening a
  // FIFO or device neither blocks nor reads).
  static InputFile open(const std::string& path, ErrorCode code);

  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }  // bytes, when it was opened

  // Fills `destination` from byte `offset` on.
  // Errors: kDisk on I/O errors; the code of open() when the file ends early.
  void read(int64_t offset, std::span<std::byte> destination) const;

  // Throws unless size and time of modification are still those of open().
  // Errors: kDisk; the code of open() when something wrote to the file since.
  void require_unchanged() const;

  // The whole file mapped; made by the first call, kept until this object goes.
  std::span<const std::byte> mapped() const;

 private:
  struct Mapping;
  InputFile(std::string path, FileDescriptor fd, int64_t size, int64_t modified, ErrorCode code);

  std::string path_;
  FileDescriptor fd_;
  int64_t size_;
  int64_t modified_;  // nanoseconds since 1970
  ErrorCode code_;
  std::shared_ptr<Mapping> mapping_;
};

// The content of a regular file.
// Errors: as InputFile; `code` when it has more than `max_bytes` bytes.
std::string read_file(const std::string& path, ErrorCode code,
                      int64_t max_bytes = int64_t{1} << 30);

// A file that replaces `path` in one step. Bytes go to a new file beside it; commit() makes them
// durable (fsync), renames, and syncs the directory. Without commit() nothing of it stays, and an
// existing `path` is untouched: also a mapping of the old content remains valid.
class AtomicFile {
 public:
  // Errors: kDisk.
  explicit AtomicFile(std::string path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  // Writes at byte `offset`; parts may come in any order. Errors: kDisk.
  void write(int64_t offset, std::span<const std::byte> bytes);
  void write(int64_t offset, std::string_view text);
  void commit();  // Errors: kDisk

 private:
  std::string path_, temporary_;
  FileDescriptor fd_;
};

// AtomicFile with one write.
void write_file(const std::string& path, std::string_view text);

// Renames a file or directory and makes that durable. Errors: kDisk.
void rename_durably(const std::string& from, const std::string& to);

// Makes the names in a directory durable. Errors: kDisk.
void sync_directory(const std::string& path);

// The directory and its parents, as far as they are missing. Errors: kDisk.
void make_directories(const std::string& path);

// ".tmp-0123456789abcdef": what is added to the name `path` while it is being written. Nobody can
// guess and prepare it. Errors: kDisk.
std::string random_suffix(const std::string& path);

}  // namespace hone
