// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/row_reader.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <vector>

#include "data/file.h"
#include "tensor/random.h"
#include "tests/data/compress.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

struct Rows {
  std::vector<std::string> values;  // of the key "a"
  std::vector<int64_t> lines, columns;
};

Rows read_rows(const std::string& path, RowLayout layout, int64_t limit = RowReader::kMaxRowBytes) {
  Rows rows;
  const auto reader = open_rows(path, layout, limit);
  RowText row;
  while (reader->next(row)) {
    rows.values.push_back(parse_row(row, path).get_string("a"));
    rows.lines.push_back(row.line);
    rows.columns.push_back(row.column);
  }
  return rows;
}

class Fixture {
 public:
  explicit Fixture(const std::string& name = "rows.jsonl", RowLayout layout = RowLayout::kLines)
      : path_(dir_ / name), layout_(layout) {}

  Rows read(std::string_view text, int64_t limit = RowReader::kMaxRowBytes) {
    std::ofstream(path_, std::ios::binary) << text;  // without waiting for the disk
    return read_rows(path_, layout_, limit);
  }
  std::string error(std::string_view text, int64_t limit = RowReader::kMaxRowBytes) {
    return error_of(ErrorCode::kDataset, [&] { read(text, limit); });
  }
  const std::string& path() const { return path_; }

 private:
  TemporaryDirectory dir_;
  std::string path_;
  RowLayout layout_;
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
  check_contains(f.error("[1]\n"), "rows.jsonl:1:1: $: expected a JSON object as a row, found");
  check_contains(f.error("\n{\"a\": 1}\n"), "rows.jsonl:2:7: $.a: expected a string, found 1");
}

TEST_CASE("jsonl: line length is bounded") {
  Fixture f;
  const auto row = [](size_t bytes) { return "{\"a\":\"" + std::string(bytes - 8, 'x') + "\"}"; };
  CHECK(f.read(row(100) + "\n" + row(100), 100).values.size() == 2);
  check_contains(f.error(row(100) + "\n" + row(101) + "\n", 100),
                 "rows.jsonl:2:1: the line exceeds 100 bytes");
  check_contains(f.error(std::string(RowReader::kMaxRowBytes + 2, ' ')),
                 "rows.jsonl:1:1: the line exceeds 67108864 bytes");
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

TEST_CASE("rows: only readable regular files; one that changes while it is read is an error") {
  const TemporaryDirectory dir;
  const auto open = [](const std::string& path) { open_rows(path, RowLayout::kLines); };
  error_of(ErrorCode::kDataset, [&] { open(dir / "absent"); });
  check_contains(error_of(ErrorCode::kDataset, [&] { open(dir.path()); }), "a directory");

  const std::string row = "{\"a\": \"" + std::string(1000, 'x') + "\"}\n";
  std::string text;
  for (int i = 0; i < 1000; ++i) text += row;
  const auto error_after = [&](const std::function<void(const std::string&)>& change) {
    write_file(dir / "a", text);
    const auto reader = open_rows(dir / "a", RowLayout::kLines);
    RowText first;
    REQUIRE(reader->next(first));
    change(dir / "a");
    return error_of(ErrorCode::kDataset, [&] {
      while (reader->next(first)) {
      }
    });
  };
  check_contains(
      error_after([](const std::string& path) { REQUIRE(::truncate(path.c_str(), 300'000) == 0); }),
      "ends at byte 300000");
  check_contains(
      error_after([&](const std::string& path) { std::ofstream(path, std::ios::app) << row; }),
      "a: changed while it was read: it had");
}

TEST_CASE("rows: an array, an object around it, objects one after another") {
  Fixture f("rows.json", RowLayout::kValues);
  const std::vector<std::string> xy = {"x", "y"};
  for (const std::string text :
       {R"([{"a": "x"}, {"a": "y"}])", R"( [ {"a":"x"} ,{"a":"y","b":[{"]":"}"},"\\\""]} ] )",
        R"({"data": [{"a": "x"}, {"a": "y"}]})",
        R"({"v": {"data": []}, "s": "\"]", "n": 1, "data" : [ {"a":"x"},{"a":"y"} ] , "z": [1]} )",
        R"({"a": "x"} {"a": "y"})", "{\"a\": \"x\"}\n{\"a\": \"y\"}\n",
        "\xef\xbb\xbf{\n \"a\":\r\n \"x\"\n}{\"a\":\"y\"}"}) {
    CAPTURE(text);
    CHECK(f.read(text).values == xy);
  }
  for (const std::string text : {"", " \n", "[]", "[ ]", R"({"data": []})"})
    CHECK(f.read(text).values.empty());
  // An object with other things under "data" is a row.
  CHECK(f.read(R"({"a": "x", "data": [1]} {"data": {}, "a": "y"})").values == xy);
}

TEST_CASE("rows: places in a file of values, and what is wrong with it") {
  Fixture f("rows.json", RowLayout::kValues);
  const Rows rows = f.read("[\n  {\"a\": \"\u6a21\"}, {\"a\":\"y\"},\n{\n\"a\":\"z\"}]");
  CHECK(rows.lines == std::vector<int64_t>{2, 2, 3});
  CHECK(rows.columns == std::vector<int64_t>{3, 15, 1});
  check_contains(f.error("[{\"a\":\"x\"},\n {\"a\": oops}]"), "rows.json:2:8: invalid JSON");
  check_contains(f.error("[{\"a\":\"x\"}, {\"a\":\"\xff\"}]"), "rows.json:1:19: invalid JSON");
  check_contains(f.error("[{\"a\":\"x\"} {\"a\":\"y\"}]"), "rows.json:1:12: expected ',' or ']'");
  check_contains(f.error("[{\"a\":\"x\"}, 3]"), "rows.json:1:13: expected a row, a JSON object");
  check_contains(f.error("[{\"a\":\"x\"},"), "the file ends inside the array of rows");
  check_contains(f.error("[{\"a\":\"x\"},{\"a\": \"y"), "rows.json:1:20: invalid JSON");
  check_contains(f.error("[{\"a\":\"x\"}] x"), "rows.json:1:13: expected nothing behind");
  check_contains(f.error("\"a\""), "rows.json:1:1: expected '[' or '{'");
  check_contains(f.error("{\"a\":\"x\"}\n]"), "rows.json:2:1: expected a row");
  check_contains(f.error("{\"data\": [{\"a\":\"x\"},\n{\"a\":\"y\"}],\n\"b\" 1}"),
                 "rows.json:3:5: invalid JSON");
  check_contains(f.error("{\"data\": [{\"a\":\"x\"}]} {}"), "rows.json:1:");
  check_contains(f.error("[{\"a\": \"" + std::string(200, 'x') + "\"}]", 100),
                 "rows.json:1:2: the row that begins here exceeds 100 bytes");
  check_contains(f.error("\xff\xfe{\0"), "rows.json:1:1: expected UTF-8, found UTF-16");
}

TEST_CASE("rows: the same texts in both layouts, across the reading chunks") {
  Fixture f("rows.json", RowLayout::kValues);
  std::string array = "[", wrapped = "{\"data\": [";
  std::vector<std::string> expected;
  for (size_t i = 0; i < 2000; ++i) {
    expected.push_back(std::string(i % 700, static_cast<char>('a' + i % 26)));
    const std::string row = "{\"a\":\"" + expected.back() + "\"}";
    array += (i == 0 ? "" : ",\n") + row;
    wrapped += (i == 0 ? "" : ", ") + row;
  }
  CHECK(f.read(array + "]").values == expected);
  CHECK(f.read(wrapped + "], \"b\": 1}").values == expected);
}

TEST_CASE("rows: compressed files, told by their bytes") {
  Fixture f("rows.bin");
  const std::string text = "{\"a\":\"x\"}\n{\"a\":\"y\"}\n", more = "{\"a\":\"z\"}\n";
  const std::vector<std::string> xy = {"x", "y"}, xyz = {"x", "y", "z"};
  CHECK(f.read(test::gzip(text)).values == xy);
  CHECK(f.read(test::zstd(text)).values == xy);
  CHECK(f.read(test::gzip(text) + test::gzip(more)).values == xyz);
  CHECK(f.read(test::zstd(text) + test::zstd(more)).values == xyz);
  CHECK(f.read(test::gzip(text) + std::string(100, '\0')).values == xy);
  CHECK(f.read(test::gzip("")).values.empty());
  CHECK(f.read(test::zstd("")).values.empty());
  // Places are those of the text.
  check_contains(f.error(test::gzip(text + "{\"a\": oops}")), "rows.bin:3:7: invalid JSON");
  check_contains(f.error(test::zstd(text + "{\"a\": oops}")), "rows.bin:3:7: invalid JSON");
}

std::string incompressible(size_t rows) {
  const RandomStream random(1, "text");
  std::string text;
  for (size_t i = 0; i < rows; ++i) {
    text += "{\"a\":\"";
    for (size_t k = 0; k < 50; ++k) text += static_cast<char>('a' + random.bits(i * 50 + k) % 26);
    text += "\"}\n";
  }
  return text;
}

TEST_CASE("rows: compressed files cut at every byte, with every byte changed") {
  const std::string text = incompressible(8);
  for (const std::string& data : {test::gzip(text), test::zstd(text)}) {
    Fixture f("rows.bin");
    for (size_t cut = 4; cut < data.size(); ++cut) {
      const std::string message = f.error(data.substr(0, cut));
      CHECK(message.find("data behind byte") != std::string::npos);
    }
    // Some bits mean nothing (times, names); else the change is noticed, never a wrong row.
    const std::vector<std::string> values = f.read(data).values;
    int noticed = 0;
    for (size_t at = 2; at < data.size(); ++at)
      for (const char bits : {'\x01', '\x80'}) {
        std::string changed = data;
        changed[at] = static_cast<char>(changed[at] ^ bits);
        try {
          const std::vector<std::string> read = f.read(changed).values;
          CHECK(read == values);
        } catch (const Error& e) {
          CHECK(e.code() == ErrorCode::kDataset);
          ++noticed;
        }
      }
    CHECK(noticed > static_cast<int>(data.size()));
  }
}

TEST_CASE("rows: names that promise compression, bytes behind it") {
  Fixture gz("rows.jsonl.gz"), zst("rows.jsonl.zst"), f("rows.bin");
  check_contains(gz.error("{}"), "expected gzip data because of its name");
  check_contains(gz.error(""), "found an empty file");
  check_contains(gz.error(test::zstd("{}")), "expected gzip data");
  check_contains(zst.error("{}"), "expected zstd data because of its name");
  check_contains(f.error(test::gzip("{\"a\":\"x\"}") + "junk"), "behind the end");
  check_contains(f.error(test::zstd("{\"a\":\"x\"}") + "junk"), "zstd data behind byte");
}

TEST_CASE("rows: decompression bombs") {
  // 100 MiB of spaces in 100 kB, with line breaks and without.
  const std::string line(size_t{1} << 20, 'x');
  std::string spaces;
  for (int i = 0; i < 100; ++i) spaces += std::string((size_t{1} << 20) - 1, ' ') + "\n";
  Fixture f("rows.bin");
  check_contains(f.error(test::gzip(spaces)), "more than 200 times its size");
  check_contains(f.error(test::zstd(spaces)), "more than 200 times its size");
  std::string text;
  for (int i = 0; i < 80; ++i) text += line;
  check_contains(f.error(test::gzip(text)), "rows.bin");
  // A small file may be as compressible as it likes.
  std::string same;
  for (int i = 0; i < 20'000; ++i) same += "{\"a\":\"the same row again and again\"}\n";
  CHECK(f.read(test::zstd(same)).values.size() == 20'000);
}

}  // namespace
}  // namespace hone
