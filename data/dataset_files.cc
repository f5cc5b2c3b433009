// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/dataset_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "data/file.h"
#include "data/printable.h"
#include "tensor/check.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// The name without .gz or .zst, in small letters.
std::string plain_name(const std::string& path) {
  std::string name = lower(fs::path(path).filename().string());
  for (const std::string_view ending : {".gz", ".zst", ".zstd"})
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  return name;
}

bool holds_rows(const std::string& path) {
  const std::string name = plain_name(path);
  return name.ends_with(".jsonl") || name.ends_with(".ndjson") || name.ends_with(".json");
}

struct Table {
  std::string_view ending, name, magic, read, package;
};

constexpr std::array<Table, 5> kTables = {{
    {".parquet", "Parquet", "PAR1", "pandas.read_parquet", "pandas"},
    {".arrow", "Arrow", "ARROW1", "datasets.Dataset.from_file", "datasets"},
    {".csv", "CSV", "", "pandas.read_csv", "pandas"},
    {".tsv", "TSV", "", "pandas.read_table", "pandas"},
    {".xlsx", "Excel", "", "pandas.read_excel", "pandas"},
}};

// The line of Python that writes the rows of a table as JSON lines.
std::string conversion(const std::string& path, const Table& table) {
  const std::string target = fs::path(path).replace_extension(".jsonl").string();
  const std::string options =
      table.package == "pandas" ? ", orient='records', lines=True, force_ascii=False" : "";
  return "python3 -c \"import " + std::string(table.package) + "; " + std::string(table.read) +
         "('" + printable(path, 4096) + "').to_json('" + printable(target, 4096) + "'" + options +
         ")\"";
}

const Table* table_of(const std::string& path) {
  const std::string name = plain_name(path);
  for (const Table& table : kTables)
    if (name.ends_with(table.ending)) return &table;
  return nullptr;
}

// The same by its first bytes.
const Table* table_inside(const std::string& path) {
  const InputFile file = InputFile::open(path, ErrorCode::kDataset);
  std::string begin(static_cast<size_t>(std::min<int64_t>(file.size(), 8)), '\0');
  file.read(0, std::as_writable_bytes(std::span(begin)));
  for (const Table& table : kTables)
    if (!table.magic.empty() && begin.starts_with(table.magic)) return &table;
  return nullptr;
}

[[noreturn]] void refuse_table(const std::string& path, const Table& table) {
  fail(ErrorCode::kDataset, printable(path, 4096), ": expected rows as JSON, found ", table.name,
       ". Convert it once with: ", conversion(path, table));
}

DatasetFile single_file(const std::string& path, const std::string& type) {
  for (const Table* table : {table_of(path), table_inside(path)})
    if (table != nullptr) refuse_table(path, *table);
  if (plain_name(path).ends_with(".zip") || plain_name(path).ends_with(".tar"))
    fail(ErrorCode::kDataset, printable(path, 4096),
         ": expected a file of rows, found an archive; unpack it and give its folder");
  const bool values = type.empty() ? plain_name(path).ends_with(".json") : type == "json";
  return {path, values ? RowLayout::kValues : RowLayout::kLines};
}

// The split that a file or folder is named after, "" for none: "data/train-00000.jsonl".
std::string split_of(const fs::path& relative) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"train", "train"},      {"training", "train"}, {"validation", "validation"},
      {"valid", "validation"}, {"val", "validation"}, {"dev", "validation"},
      {"test", "test"},        {"testing", "test"},   {"eval", "test"},
      {"evaluation", "test"}};
  std::string found;
  for (const fs::path& part : relative) {
    const std::string name = lower(part.string());
    size_t begin = 0;
    while (begin < name.size()) {
      const size_t end = std::min(name.find_first_of("-_. ", begin), name.size());
      const std::string word = name.substr(begin, end - begin);
      for (const auto& [known, split] : kWords)
        if (word == known) found = split;
      begin = end + 1;
    }
  }
  return found;
}

std::string canonical(const std::string& split) {
  const std::string known = split_of(split);
  return known.empty() ? lower(split) : known;
}

[[noreturn]] void fail_without_rows(const std::string& path, const std::string& table_file) {
  if (!table_file.empty()) refuse_table(table_file, *table_of(table_file));
  fail(ErrorCode::kDataset, printable(path, 4096),
       ": expected a folder with .jsonl or .json files (also .gz, .zst), found none");
}

std::vector<DatasetFile> files_of_folder(const std::string& path, const std::string& split,
                                         const std::string& type) {
  std::vector<std::string> names;
  std::string table_file;
  std::error_code error;
  fs::recursive_directory_iterator entries(path, error), end;
  for (; !error && entries != end; entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    const bool hidden = name.starts_with('.') || name.starts_with('_');
    if (hidden && entries->is_directory(error)) entries.disable_recursion_pending();
    if (hidden || !entries->is_regular_file(error)) continue;
    const std::string file = entries->path().string();
    if (holds_rows(file) && name != "dataset_infos.json" && name != "dataset_info.json" &&
        name != "state.json")
      names.push_back(file);
    else if (table_of(file) != nullptr && (table_file.empty() || file < table_file))
      table_file = file;
  }
  if (error) fail(ErrorCode::kDataset, printable(path, 4096), ": cannot list: ", error.message());
  if (names.empty()) fail_without_rows(path, table_file);
  std::sort(names.begin(), names.end());

  const auto in_split = [&](const std::string& name) {
    const std::string own = split_of(fs::path(name).lexically_relative(path));
    return (own.empty() ? "train" : own) == canonical(split);
  };
  std::vector<DatasetFile> files;
  for (const std::string& name : names)
    if (in_split(name)) files.push_back(single_file(name, type));
  if (files.empty())
    fail(ErrorCode::kDataset, printable(path, 4096), ": no file belongs to the split ",
         quote(split), "; the ", names.size(), " files begin with ",
         printable(fs::path(names[0]).lexically_relative(path).string()));
  return files;
}

}  // namespace

std::vector<DatasetFile> find_dataset_files(const std::string& path, const std::string& split,
                                            const std::string& type) {
  check(type.empty() || type == "json" || type == "jsonl", "dataset files of type ", type);
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return files_of_folder(path, split, type);
  DatasetFile file = single_file(path, type);
  if (canonical(split) != "train")
    fail(ErrorCode::kDataset, printable(path, 4096), ": a single file has the one split train, ",
         "found ", quote(split), "; give the file of that split as path");
  return {std::move(file)};
}

}  // namespace hone
