// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/dataset_files.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

class Folder {
 public:
  explicit Folder(const std::vector<std::string>& files, const std::string& content = "{}") {
    for (const std::string& file : files) {
      const std::filesystem::path path = dir_ / file;
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path) << content;
    }
  }
  std::vector<std::string> names(const std::string& split, const std::string& type = "") const {
    std::vector<std::string> names;
    for (const DatasetFile& file : find_dataset_files(dir_.path(), split, type))
      names.push_back(file.path.substr(dir_.path().size() + 1));
    return names;
  }
  std::string error(const std::string& path, const std::string& split = "train") const {
    return error_of(ErrorCode::kDataset, [&] {
      find_dataset_files(path.empty() ? dir_.path() : dir_ / path, split, "");
    });
  }
  DatasetFile file(const std::string& name, const std::string& type = "") const {
    return find_dataset_files(dir_ / name, "train", type).at(0);
  }

 private:
  TemporaryDirectory dir_;
};

using Names = std::vector<std::string>;

TEST_CASE("dataset files: a folder's files in order, by split") {
  const Folder plain({"b.jsonl", "a.json.gz", "sub/c.ndjson.zst", "README.md", ".hidden.jsonl",
                      ".git/x.jsonl", "dataset_infos.json"});
  CHECK(plain.names("train") == Names{"a.json.gz", "b.jsonl", "sub/c.ndjson.zst"});
  check_contains(plain.error("", "test"), "no file belongs to the split \"test\"");

  const Folder split({"data/train-00000-of-2.jsonl", "data/train-00001-of-2.jsonl",
                      "data/test-00000.jsonl", "valid.json"});
  CHECK(split.names("train") ==
        Names{"data/train-00000-of-2.jsonl", "data/train-00001-of-2.jsonl"});
  CHECK(split.names("test") == Names{"data/test-00000.jsonl"});
  CHECK(split.names("validation") == Names{"valid.json"});
  // "contest" and "latest" are not named after a split.
  CHECK(Folder({"contest.jsonl", "latest.jsonl"}).names("train").size() == 2);
}

TEST_CASE("dataset files: the layout by name or by type") {
  const Folder folder({"a.json", "a.jsonl", "a.json.gz", "a.txt"});
  CHECK(folder.file("a.json").layout == RowLayout::kValues);
  CHECK(folder.file("a.json.gz").layout == RowLayout::kValues);
  CHECK(folder.file("a.jsonl").layout == RowLayout::kLines);
  CHECK(folder.file("a.txt").layout == RowLayout::kLines);
  CHECK(folder.file("a.txt", "json").layout == RowLayout::kValues);
  CHECK(folder.file("a.json", "jsonl").layout == RowLayout::kLines);
  check_contains(folder.error("a.json", "test"), "a single file has the one split train");
}

TEST_CASE("dataset files: tables are refused with the line that converts them") {
  const Folder folder({"t.parquet", "t.csv", "t.arrow", "t.tar.gz", "sub/t.parquet"});
  const std::string parquet = folder.error("t.parquet");
  check_contains(parquet, "found Parquet");
  check_contains(parquet, "python3 -c \"import pandas; pandas.read_parquet('");
  check_contains(parquet, "t.parquet').to_json('");
  check_contains(parquet, "t.jsonl', orient='records', lines=True, force_ascii=False)\"");
  check_contains(folder.error("t.csv"), "pandas.read_csv");
  check_contains(folder.error("t.arrow"), "datasets.Dataset.from_file");
  check_contains(folder.error("t.tar.gz"), "an archive");
  check_contains(folder.error(""), "found ");
  check_contains(folder.error("sub"), "pandas.read_parquet");
  // Bytes tell it as well.
  check_contains(Folder({"x.jsonl"}, "PAR1\x15\x04").error("x.jsonl"), "found Parquet");
  check_contains(Folder({"README.md"}).error(""), "expected a folder with .jsonl or .json files");
  check_contains(folder.error("absent.jsonl"), "cannot open");
}

}  // namespace
}  // namespace hone
