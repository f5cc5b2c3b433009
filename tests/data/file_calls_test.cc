// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/file_calls.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "data/file.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

namespace fs = std::filesystem;
using Kind = FileCall::Kind;

TEST_CASE("file calls: the hook sees what writing a file durably takes, in order") {
  const TemporaryDirectory dir;
  std::vector<Kind> kinds;
  {
    const FileHookScope scope([&](const FileCall& call) {
      kinds.push_back(call.kind);
      CHECK(call.path.starts_with(dir.path()));
      return FileFault{};
    });
    write_file(dir / "a", "text");
    make_directories(dir / "b/c");
  }
  write_file(dir / "unseen", "");
  CHECK(kinds == std::vector{Kind::kCreate, Kind::kWrite, Kind::kSync, Kind::kRename,
                             Kind::kSyncDirectory, Kind::kMakeDirectory, Kind::kMakeDirectory});
}

TEST_CASE("file calls: a failure at any of them is kDisk, and the old content stays") {
  const TemporaryDirectory dir;
  for (const int error : {ENOSPC, EIO, EDQUOT, EMFILE}) {
    for (int64_t k = 1, done = false; !done; ++k) {  // until no call is left to fail
      write_file(dir / "a", "old");
      int64_t calls = 0;
      const FileHookScope scope(
          [&](const FileCall&) { return FileFault{.error = ++calls == k ? error : 0}; });
      try {
        write_file(dir / "a", "new");
        CHECK(k == 6);
        done = true;
      } catch (const Error& e) {
        CHECK(e.code() == ErrorCode::kDisk);
        CHECK(std::string(e.what()).find(dir.path()) != std::string::npos);
        if (k < 5)  // only the last sync follows the rename
          CHECK(read_file(dir / "a", ErrorCode::kDisk) == "old");
        CHECK(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) == 1);
      }
    }
  }
}

TEST_CASE("file calls: short writes and interruptions change nothing") {
  const TemporaryDirectory dir;
  int64_t calls = 0;
  {
    const FileHookScope scope([&](const FileCall&) {
      ++calls;
      return FileFault{.error = calls % 2 == 1 ? EINTR : 0, .at_most = 1};
    });
    write_file(dir / "a", "0123456789");
  }
  CHECK(read_file(dir / "a", ErrorCode::kDisk) == "0123456789");
  CHECK(calls == 2 * (1 + 10 + 1 + 1 + 1));
}

TEST_CASE("file calls: a folder whose place is taken is an error") {
  const TemporaryDirectory dir;
  write_file(dir / "a", "");
  check_contains(error_of(ErrorCode::kDisk, [&] { make_directories(dir / "a/b"); }),
                 "expected a directory, found a file");
  make_directories(dir / "b");
  make_directories(dir / "b");
}

}  // namespace
}  // namespace hone
