// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jsonl.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <vector>

#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

struct Rows {
  std::vector<std::string> values;  // of the key "a"
  std::vector<int64_t> lines;
};

class Fixture {
 public:
  std::string write(std::string_view text) {
    write_file(path_, text);
    return path_;
  }
  Rows read(std::string_view text, int64_t limit = JsonlReader::kMaxLineBytes) {
    Rows rows;
    JsonlReader reader(write(text), limit);
    while (const auto row = reader.next()) {
      rows.values.push_back(row->get_string("a"));
      rows.lines.push_back(reader.line());
    }
    return rows;
  }
  std::string error(std::string_view text, int64_t limit = JsonlReader::kMaxLineBytes) {
    return error_of(ErrorCode::kDataset, [&] { read(text, limit); });
  }

 private:
  TemporaryDirectory dir_;
  std::string path_ = dir_ / "rows.jsonl";
};

TEST_CASE("jsonl: rows in order, with their line numbers") {
  Fixture f;
  const Rows rows = f.read("{\"a\": \"x\"}\n{\"a\": \"\u6a21\"}\n");
  CHECK(rows.values == std::vector<std::string>{"x", "\u6a21"});
  CHECK(rows.lines == std::vector<int64_t>{1, 2});
  CHECK(f.read("").values.empty());
  CHECK(f.read("\n\n").values.empty());
}

TEST_CASE("jsonl: byte order mark, CRLF, blank lines, no final newline") {
  Fixture f;
  const Rows rows = f.read("\xef\xbb\xbf{\"a\":\"1\"}\r\n\r\n  \t\n{\"a\":\"2\"}\r\n{\"a\":\"3\"}");
  CHECK(rows.values == std::vector<std::string>{"1", "2", "3"});
  CHECK(rows.lines == std::vector<int64_t>{1, 4, 5});
  CHECK(f.read("\xef\xbb\xbf").values.empty());
  CHECK(f.read("\xef\xbb\xbf\n{\"a\":\"1\"}").lines == std::vector<int64_t>{2});
}

TEST_CASE("jsonl: errors carry file, line and column") {
  Fixture f;
  check_contains(f.error("{\"a\":\"1\"}\n\n{\"a\": oops}\n"), "rows.jsonl:3:7: invalid JSON");
  check_contains(f.error("{\"a\":\"1\"}{\"a\":\"2\"}\n"), "rows.jsonl:1:10: invalid JSON");
  check_contains(f.error("{\"a\":\"1\",\"a\":\"2\"}\n"), "rows.jsonl:1:12: duplicate key \"a\"");
  check_contains(f.error("{\"a\":\n\"1\"}\n"), "rows.jsonl:1:6: invalid JSON");
  check_contains(f.error("{\"a\":\"\xff\"}"), "rows.jsonl:1:7: invalid JSON");
  check_contains(f.error(R"({"a":"\ud83d"})"), "rows.jsonl:1:13: invalid JSON");
  check_contains(f.error(std::string_view("\n{\"a\":\"\0\"}", 10)),
                 "rows.jsonl:2:7: invalid JSON: NUL");
  check_contains(f.error("[1]\n"), "rows.jsonl:1: $: expected a JSON object on each line, found");
  check_contains(f.error("\n{\"a\": 1}\n"), "rows.jsonl:2: $.a: expected a string, found 1");
}

TEST_CASE("jsonl: line length is bounded") {
  Fixture f;
  const auto row = [](size_t bytes) { return "{\"a\":\"" + std::string(bytes - 8, 'x') + "\"}"; };
  CHECK(f.read(row(100) + "\n" + row(100), 100).values.size() == 2);
  check_contains(f.error(row(100) + "\n" + row(101) + "\n", 100),
                 "rows.jsonl:2: the line exceeds 100 bytes");
  check_contains(f.error(std::string(JsonlReader::kMaxLineBytes + 2, ' ')),
                 "rows.jsonl:1: the line exceeds 67108864 bytes");
}

TEST_CASE("jsonl: rows across the reading chunks, each length once") {
  Fixture f;
  std::string text;
  std::vector<std::string> expected;
  for (size_t i = 0; i < 400; ++i) {
    expected.push_back(std::string(i * 37, static_cast<char>('a' + i % 26)));
    text += "{\"a\":\"" + expected.back() + "\"}\n";
  }
  expected.push_back(std::string(3'000'000, 'z'));  // longer than a chunk
  text += "{\"a\":\"" + expected.back() + "\"}\n{\"a\":\"end\"}\n";
  expected.push_back("end");
  CHECK(f.read(text).values == expected);
}

TEST_CASE("jsonl: only readable regular files; a shrinking one is an error") {
  const TemporaryDirectory dir;
  error_of(ErrorCode::kDataset, [&] { JsonlReader(dir / "absent"); });
  check_contains(error_of(ErrorCode::kDataset, [&] { JsonlReader(dir.path()); }), "a directory");
  write_file(dir / "a", "{}\n{}\n");
  JsonlReader reader(dir / "a");
  REQUIRE(::truncate((dir / "a").c_str(), 2) == 0);
  check_contains(error_of(ErrorCode::kDataset, [&] { reader.next(); }), "ends at byte 2");
}

}  // namespace
}  // namespace hone
