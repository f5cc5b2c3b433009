// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <utility>

#include "data/file_calls.h"
#include "data/printable.h"

namespace hone {
namespace {

std::string system_error() {
  if (errno == EFBIG)
    return "the file would be larger than this process may write (ulimit -f) or the file system "
           "can hold";
  return std::strerror(errno);
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  if (S_ISSOCK(mode)) return "a socket";
  return "a special file";
}

int64_t modified_of(const struct stat& status) {
  return int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

std::string directory_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& o) noexcept {
  std::swap(fd_, o.fd_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::map(int fd, int64_t bytes, const std::string& path) {
  check(data_ == nullptr, "file: ", path, " is mapped already");
  if (bytes == 0) return;  // mmap refuses empty ranges
  void* address = ::mmap(nullptr, static_cast<size_t>(bytes), PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED)
    fail(ErrorCode::kDisk, printable(path, 4096), ": cannot map: ", system_error());
  data_ = static_cast<const std::byte*>(address);
  size_ = static_cast<size_t>(bytes);
}

struct InputFile::Mapping {
  std::once_flag once;
  MappedFile file;
};

InputFile::InputFile(std::string path, FileDescriptor fd, int64_t size, int64_t modified,
                     ErrorCode code)
    : path_(std::move(path)),
      fd_(std::move(fd)),
      size_(size),
      modified_(modified),
      code_(code),
      mapping_(std::make_shared<Mapping>()) {}

InputFile InputFile::open(const std::string& path, ErrorCode code) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0) fail(code, printable(path, 4096), ": cannot open: ", system_error());
  struct stat status;
  if (::fstat(fd.get(), &status) != 0)
    fail(ErrorCode::kDisk, printable(path, 4096), ": cannot stat: ", system_error());
  if (!S_ISREG(status.st_mode))
    fail(code, printable(path, 4096), ": expected a regular file, found ", kind_of(status.st_mode));
  return InputFile(path, std::move(fd), status.st_size, modified_of(status), code);
}

void InputFile::require_unchanged() const {
  struct stat status;
  if (::fstat(fd_.get(), &status) != 0)
    fail(ErrorCode::kDisk, printable(path_, 4096), ": cannot stat: ", system_error());
  if (status.st_size != size_ || modified_of(status) != modified_)
    fail(code_, printable(path_, 4096), ": changed while it was read: it had ", size_,
         " bytes and has ", status.st_size,
         "; let whatever writes it finish first, then start again");
}

void InputFile::read(int64_t offset, std::span<std::byte> destination) const {
  check(offset >= 0, "file: negative offset ", offset);
  while (!destination.empty()) {
    const ssize_t n = ::pread(fd_.get(), destination.data(), destination.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      fail(ErrorCode::kDisk, printable(path_, 4096), ": cannot read ", destination.size(),
           " bytes at byte ", offset, ": ", system_error());
    if (n == 0)
      fail(code_, printable(path_, 4096), ": ends at byte ", offset, ", expected ",
           destination.size(), " more bytes; it was ", size_,
           " bytes long when opened: did something rewrite it?");
    offset += n;
    destination = destination.subspan(static_cast<size_t>(n));
  }
}

std::span<const std::byte> InputFile::mapped() const {
  std::call_once(mapping_->once, [&] { mapping_->file.map(fd_.get(), size_, path_); });
  return mapping_->file.bytes();
}

std::string read_file(const std::string& path, ErrorCode code, int64_t max_bytes) {
  const InputFile file = InputFile::open(path, code);
  if (file.size() > max_bytes)
    fail(code, printable(path, 4096), ": ", file.size(), " bytes, expected at most ", max_bytes);
  std::string text(static_cast<size_t>(file.size()), '\0');
  file.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  // The rename would replace a device or FIFO (or a link to one) by a file.
  struct stat target;
  if (::stat(path_.c_str(), &target) == 0 && !S_ISREG(target.st_mode) && !S_ISDIR(target.st_mode))
    fail(ErrorCode::kDisk, printable(path_, 4096),
         ": is a device, FIFO or socket; expected the path of a file to write");
  temporary_ = path_ + random_suffix(path_);
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  fd_ = FileDescriptor(file_calls::create(temporary_, flags, 0644));
  if (fd_.get() < 0)
    fail(ErrorCode::kDisk, printable(temporary_, 4096), ": cannot create: ", system_error());
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) file_calls::unlink(temporary_);
}

void AtomicFile::write(int64_t offset, std::span<const std::byte> bytes) {
  check(offset >= 0, "file: negative offset ", offset);
  while (!bytes.empty()) {
    const ssize_t n = file_calls::write(fd_.get(), temporary_, offset, bytes);
    if (n < 0) fail(ErrorCode::kDisk, printable(path_, 4096), ": cannot write: ", system_error());
    offset += n;
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
}

void AtomicFile::write(int64_t offset, std::string_view text) {
  write(offset, std::as_bytes(std::span(text)));
}

void AtomicFile::commit() {
  check(!temporary_.empty(), "file: ", path_, " is committed already");
  if (file_calls::sync(fd_.get(), temporary_) != 0)
    fail(ErrorCode::kDisk, printable(path_, 4096), ": cannot sync: ", system_error());
  rename_durably(temporary_, path_);
  temporary_.clear();
}

void write_file(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.write(0, text);
  file.commit();
}

void rename_durably(const std::string& from, const std::string& to) {
  if (file_calls::rename(from, to) != 0)
    fail(ErrorCode::kDisk, printable(to, 4096), ": cannot replace: ", system_error());
  // The new name is durable only once its directory is.
  sync_directory(directory_of(to));
  if (directory_of(from) != directory_of(to)) sync_directory(directory_of(from));
}

void sync_directory(const std::string& path) {
  if (file_calls::sync_directory(path) != 0)
    fail(ErrorCode::kDisk, printable(path, 4096), ": cannot sync: ", system_error());
}

void make_directories(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return;
    fail(ErrorCode::kDisk, printable(path, 4096), ": expected a directory, found ",
         S_ISREG(status.st_mode) ? "a file" : kind_of(status.st_mode));
  }
  const std::string parent = directory_of(path);
  if (parent != path) make_directories(parent);
  // Another process may have made it meanwhile.
  if (file_calls::make_directory(path, 0777) != 0 && errno != EEXIST)
    fail(ErrorCode::kDisk, printable(path, 4096), ": cannot create: ", system_error());
}

std::string random_suffix(const std::string& path) {
  uint64_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random)
    fail(ErrorCode::kDisk, path, ": no random bytes for a temporary name: ", system_error());
  char suffix[32];
  std::snprintf(suffix, sizeof suffix, ".tmp-%016llx", static_cast<unsigned long long>(random));
  return suffix;
}

}  // namespace hone
