// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

int64_t entries(const TemporaryDirectory& dir) {
  return std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator());
}

std::string as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_CASE("file: what is written is read, mapped and read in part") {
  const TemporaryDirectory dir;
  write_file(dir / "a", std::string_view("hel\0lo", 6));
  CHECK(read_file(dir / "a", ErrorCode::kModel) == std::string("hel\0lo", 6));
  const InputFile file = InputFile::open(dir / "a", ErrorCode::kModel);
  CHECK(file.size() == 6);
  CHECK(as_text(file.mapped()) == std::string("hel\0lo", 6));
  std::byte part[2];
  file.read(4, part);
  CHECK(as_text(part) == "lo");
  write_file(dir / "empty", "");
  CHECK(InputFile::open(dir / "empty", ErrorCode::kModel).mapped().empty());
}

TEST_CASE("file: only regular files are opened, and none blocks") {
  const TemporaryDirectory dir;
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  const auto error = [](const std::string& path) {
    return error_of(ErrorCode::kDataset, [&] { InputFile::open(path, ErrorCode::kDataset); });
  };
  check_contains(error(dir / "fifo"), "fifo: expected a regular file, found a FIFO");
  check_contains(error(dir.path()), "found a directory");
  check_contains(error("/dev/zero"), "found a device");
  check_contains(error(dir / "absent"), "No such file");
}

TEST_CASE("file: a file that shrinks is an error, not a signal") {
  const TemporaryDirectory dir;
  write_file(dir / "a", "0123456789");
  const InputFile file = InputFile::open(dir / "a", ErrorCode::kModel);
  REQUIRE(::truncate((dir / "a").c_str(), 4) == 0);
  std::byte all[10];
  check_contains(error_of(ErrorCode::kModel, [&] { file.read(0, all); }),
                 "ends at byte 4, expected 6 more bytes; it was 10 bytes long");
}

TEST_CASE("file: size limit") {
  const TemporaryDirectory dir;
  write_file(dir / "a", "12345");
  CHECK(read_file(dir / "a", ErrorCode::kModel, 5) == "12345");
  check_contains(error_of(ErrorCode::kModel, [&] { read_file(dir / "a", ErrorCode::kModel, 4); }),
                 "5 bytes, expected at most 4");
}

TEST_CASE("file: an atomic file appears whole or not at all") {
  const TemporaryDirectory dir;
  write_file(dir / "a", "old");
  const InputFile before = InputFile::open(dir / "a", ErrorCode::kModel);
  {
    AtomicFile abandoned(dir / "a");
    abandoned.write(0, "half");
    CHECK(entries(dir) == 2);
  }
  CHECK(entries(dir) == 1);
  CHECK(read_file(dir / "a", ErrorCode::kModel) == "old");

  AtomicFile file(dir / "a");
  file.write(1, "ew");
  file.write(0, "n");
  file.commit();
  CHECK(entries(dir) == 1);
  CHECK(read_file(dir / "a", ErrorCode::kModel) == "new");
  CHECK(as_text(before.mapped()) == "old");  // readers of the old file keep it
  struct stat status;
  REQUIRE(::stat((dir / "a").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777 & ~0644) == 0);
}

TEST_CASE("file: replacing a symlink leaves what it points to alone") {
  const TemporaryDirectory dir;
  write_file(dir / "target", "precious");
  fs::create_symlink("target", dir / "link");
  write_file(dir / "link", "new");
  CHECK(read_file(dir / "target", ErrorCode::kModel) == "precious");
  CHECK(fs::is_regular_file(fs::symlink_status(dir / "link")));
}

TEST_CASE("file: a FIFO, or a link to a device, is not replaced by a file") {
  const TemporaryDirectory dir;
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  fs::create_symlink("/dev/null", dir / "null");
  for (const char* name : {"fifo", "null"}) {
    const std::string message = error_of(ErrorCode::kDisk, [&] { write_file(dir / name, "new"); });
    check_contains(message, "is a device, FIFO or socket");
    CHECK_FALSE(fs::is_regular_file(fs::symlink_status(dir / name)));
  }
  CHECK(entries(dir) == 2);
}

TEST_CASE("file: failures to write say so") {
  const TemporaryDirectory dir;
  check_contains(error_of(ErrorCode::kDisk, [&] { write_file(dir / "no/such/dir", "x"); }),
                 "cannot create: No such file");
  fs::create_directory(dir / "taken");
  check_contains(error_of(ErrorCode::kDisk, [&] { write_file(dir / "taken", "x"); }),
                 "taken: cannot replace: Is a directory");
  CHECK(entries(dir) == 1);
}

}  // namespace
}  // namespace hone
