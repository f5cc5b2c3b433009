// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/file_pattern.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

class Fixture {
 public:
  Fixture() {
    for (const char* file :
         {"a.jsonl", "b.jsonl", "c.json", ".d.jsonl", "[x].jsonl", "data/a-0.jsonl",
          "data/a-1.jsonl", "data/deep/er/a-2.jsonl", "data/.hidden/a-3.jsonl"}) {
      const fs::path path = dir_ / file;
      fs::create_directories(path.parent_path());
      std::ofstream(path) << "{}\n";
    }
    fs::create_directories(dir_ / "folder.jsonl");
    fs::create_symlink(dir_.path(), dir_ / "data/loop");
    fs::create_symlink(dir_ / "a.jsonl", dir_ / "data/link.jsonl");
  }
  std::string matching(const std::string& pattern) {
    std::string names;
    for (const fs::path& file : files_matching(dir_ / pattern))
      names += (names.empty() ? "" : " ") + file.lexically_relative(dir_.path()).string();
    return names;
  }

 private:
  TemporaryDirectory dir_;
};

TEST_CASE("file pattern: names between slashes") {
  Fixture f;
  CHECK(f.matching("*.jsonl") == "[x].jsonl a.jsonl b.jsonl");  // no folder, nothing hidden
  CHECK(f.matching("?.json*") == "a.jsonl b.jsonl c.json");
  CHECK(f.matching("[bc].*") == "b.jsonl c.json");
  CHECK(f.matching(".*.jsonl") == ".d.jsonl");
  CHECK(f.matching("data/a-[0-9].jsonl") == "data/a-0.jsonl data/a-1.jsonl");
  CHECK(f.matching("*/a-0.jsonl") == "data/a-0.jsonl");
  CHECK(f.matching("data/l*.jsonl") == "data/link.jsonl");
  CHECK(f.matching("a.jsonl") == "a.jsonl");
  CHECK(f.matching("x*.jsonl").empty());
  CHECK(f.matching("none/*.jsonl").empty());
}

TEST_CASE("file pattern: any folders, each file once, no loop") {
  Fixture f;
  CHECK(f.matching("**/a-?.jsonl") == "data/a-0.jsonl data/a-1.jsonl data/deep/er/a-2.jsonl");
  CHECK(f.matching("**/**/a.jsonl") == "a.jsonl");
  CHECK(f.matching("data/**/er/*") == "data/deep/er/a-2.jsonl");
  CHECK(f.matching("data/**") == "data/a-0.jsonl data/a-1.jsonl data/link.jsonl");
  CHECK(f.matching("**/**/**/**/**/**/**/**/zzz").empty());
  CHECK(is_file_pattern("a/*.json"));
  CHECK_FALSE(is_file_pattern("a/b.json"));
}

}  // namespace
}  // namespace hone
