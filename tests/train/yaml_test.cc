// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/yaml.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tensor/check.h"

namespace hone {
namespace {

using Kind = ConfigValue::Kind;

ConfigValue parse(const std::string& text) { return parse_yaml(text, "f.yaml"); }

std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::kUsage);
    return e.what();
  }
  return "(accepted)";
}

bool begins(const std::string& text, const std::string& start) { return text.starts_with(start); }
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("yaml: scalars, lists and maps with positions counted from 1") {
  const ConfigValue root = parse("a: 1\nlist:\n  - x\n  - {k: v}\n");
  CHECK(root.kind == Kind::kMap);
  CHECK(root.entries[0].key == "a");
  CHECK(root.entries[0].at.str() == "f.yaml:1:1");
  CHECK(root.find("a")->text == "1");
  CHECK(root.find("a")->at.str() == "f.yaml:1:4");
  const ConfigValue& list = *root.find("list");
  CHECK(list.items.size() == 2);
  CHECK(list.items[0].text == "x");
  CHECK(list.items[1].find("k")->at.str() == "f.yaml:4:9");
}

TEST_CASE("yaml: null is nothing, ~ and null, but not in quotes") {
  const ConfigValue root = parse("a:\nb: ~\nc: null\nd: 'null'\ne: \"~\"\nf: ''\n");
  for (const char* key : {"a", "b", "c"}) CHECK(root.find(key)->is_null());
  for (const char* key : {"d", "e", "f"}) CHECK(root.find(key)->kind == Kind::kScalar);
  CHECK(parse("").is_null());
  CHECK(parse("# only a comment\n").is_null());
}

TEST_CASE("yaml: a duplicate key is an error at its second place") {
  CHECK(begins(error_of("a: 1\nb: 2\na: 3\n"),
               "f.yaml:3:1: the key 'a' was already given at line 1"));
  CHECK(begins(error_of("x: {k: 1, k: 2}\n"), "f.yaml:1:11: the key 'k'"));
  CHECK(error_of("x: {k: 1}\ny: {k: 1}\n") == "(accepted)");
}

TEST_CASE("yaml: merge keys") {
  const ConfigValue root = parse(
      "one: &one {a: 1, b: 1}\n"
      "two: &two {b: 2, c: 2}\n"
      "single:\n  <<: *one\n  b: 3\n"
      "list:\n  b: 4\n  <<: [*two, *one]\n"
      "quoted: {'<<': 5}\n");
  CHECK(root.find("single")->find("a")->text == "1");
  CHECK(root.find("single")->find("b")->text == "3");  // the map's own key wins
  CHECK(root.find("list")->find("a")->text == "1");
  CHECK(root.find("list")->find("b")->text == "4");
  CHECK(root.find("list")->find("c")->text == "2");
  CHECK(root.find("list")->find("<<") == nullptr);
  CHECK(root.find("quoted")->find("<<")->text == "5");
  const ConfigValue earlier = parse("x: &x {k: 1}\ny: &y {k: 2}\nz: {<<: [*x, *y]}\n");
  CHECK(earlier.find("z")->find("k")->text == "1");  // the earlier map of the list wins
  CHECK(contains(error_of("a: {<<: 5}\n"), "'<<' merges a map or a list of maps, found '5'"));
  CHECK(contains(error_of("a: {<<: [5]}\n"), "'<<' merges maps, found '5'"));
}

TEST_CASE("yaml: aliases copy; cycles and bombs are rejected") {
  const ConfigValue root = parse("a: &a [x, y]\nb: *a\n");
  CHECK(root.find("b")->items.size() == 2);
  CHECK(contains(error_of("&a [*a]"), "f.yaml:1:5: the alias contains itself"));
  CHECK(contains(error_of("a: &a\n  b: *a\n"), "the alias contains itself"));
  CHECK(contains(error_of("a: *nowhere\n"), "anchor is not defined"));

  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
    for (int j = 0; j < 9; ++j) bomb += "," + below;
    bomb += "]\n";
  }
  CHECK(contains(error_of(bomb), "more than 100000 values"));
}

TEST_CASE("yaml: anchors one inside the other cost as much as they copy") {
  std::string text = "a: ";
  for (int i = 0; i < 400; ++i) text += "&x" + std::to_string(i) + " [";
  for (int i = 0; i < 50000; ++i) text += "1,";
  text += std::string(400, ']') + "\n";
  CHECK(contains(error_of(text), "more than 100000 values"));
}

TEST_CASE("yaml: depth, tabs, more documents, control characters, open quotes") {
  CHECK(contains(error_of(std::string(100000, '[')), "levels deep"));
  CHECK(contains(error_of("\ta: 1\n"), "this line is indented with a tab"));
  CHECK(contains(error_of("a:\n\t- b\n"), "f.yaml:2:2: "));
  CHECK(contains(error_of("a: 1\n---\nb: 2\n"), "f.yaml:3:1: a second document begins"));
  CHECK(error_of("---\na: 1\n...\n") == "(accepted)");
  CHECK(contains(error_of(std::string("a: 1\nb: \x04\n")), "f.yaml:2:4: byte 4"));
  CHECK(contains(error_of(std::string("a\0: 1", 5)), "f.yaml:1:2: byte 0"));
  CHECK(begins(error_of("a: 'open\n"), "f.yaml:2:1: "));
  CHECK(begins(error_of("a: [1, 2\n"), "f.yaml:2:1: "));
  CHECK(begins(error_of("a: b: c\n"), "f.yaml:1:5: "));
  CHECK(contains(error_of("? [a]\n: b\n"), "expected a key (a word), found a list"));
  CHECK(parse("\xef\xbb\xbf"
              "a: 1\r\nb: 2\r\n")
            .find("b")
            ->text == "2");
}

TEST_CASE("yaml: tags") {
  CHECK(parse("a: !!str 5\n").find("a")->text == "5");
  CHECK(contains(error_of("a: !!python/object x\n"), "f.yaml:1:4: the tag"));
}

TEST_CASE("yaml: files") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "hone_yaml_test";
  fs::create_directories(folder);
  const fs::path file = folder / "run.yaml";
  std::ofstream(file) << "a: 1\n";
  CHECK(parse_yaml_file(file, "run.yaml").find("a")->at.str() == "run.yaml:1:4");

  const auto message = [&](const fs::path& path) {
    try {
      parse_yaml_file(path, "run.yaml");
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("(accepted)");
  };
  CHECK(message(folder / "absent.yaml") == "run.yaml: no such file");
  CHECK(message(folder) == "run.yaml: not a regular file");
  CHECK(message("/dev/zero") == "run.yaml: not a regular file");
  std::ofstream(file) << std::string(kMaxYamlBytes + 1, '#');
  CHECK(contains(message(file), "a configuration has at most 1048576"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace hone
