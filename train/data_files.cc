// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/data_files.h"

#include <vector>

#include "train/file_pattern.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

// `written`, or the files that it is a pattern of, if they exist.
std::vector<std::string> files_of(const std::string& written, const FoundPath& found) {
  std::vector<std::string> files;
  if (!found.path.empty()) {
    files.push_back(found.path.string());
  } else if (is_file_pattern(written)) {
    for (size_t i = 0; i < found.tried.size() && files.empty(); ++i)
      for (const fs::path& match : files_matching(found.tried[i])) files.push_back(match.string());
  }
  return files;
}

FoundPath find_written(const std::string& written, const SourcePosition& at,
                       const ConfigPlace& place) {
  return at.in_file() ? find_from_yaml(written, place.yaml_directory, place.roots)
                      : find_from_command_line(written, place.roots);
}

// A path that is a pattern.
std::vector<std::string> find_pattern(const std::string& written, const SourcePosition& at,
                                      const std::string& prefix, const ConfigPlace& place,
                                      ConfigErrors& errors) {
  const FoundPath found = find_written(written, at, place);
  std::vector<std::string> files = files_of(written, found);
  if (files.empty())
    errors.add(at, prefix + "path: '" + written + "' matches no file; " + places_tried(found) +
                       ". Between slashes * stands for any characters and ? for one, ** for any "
                       "folders");
  return files;
}

}  // namespace

void find_data_files(const ConfigValue& item, const std::string& prefix, const ConfigPlace& place,
                     ConfigErrors& errors, DatasetConfig& dataset) {
  const std::string& written = dataset.path.written;
  const bool is_folder = !dataset.path.path.empty();
  if (!is_folder && is_file_pattern(written)) {
    if (!dataset.name.empty())
      errors.add(item.find("name")->at,
                 prefix +
                     "name: is a folder in path, but path is a pattern of files; write the "
                     "folder into the pattern");
    if (dataset.data_files.empty()) {
      dataset.data_files = find_pattern(written, item.find("path")->at, prefix, place, errors);
      return;
    }
  }
  if (!is_folder && dataset.data_files.empty() && !written.empty() &&
      !errors.has(item.find("path")->at))
    errors.add(item.find("path")->at,
               prefix + "path: '" + written + "' is a kind of file; give data_files as well");
  const fs::path folder = dataset.path.path / dataset.name;
  std::vector<std::string> files;
  for (const std::string& file : dataset.data_files) {
    const SourcePosition& at = item.find("data_files")->at;
    const FoundPath found = is_folder
                                ? find_from_yaml((folder / file).string(), folder, place.roots)
                                : find_written(file, at, place);
    const std::vector<std::string> matches = files_of(file, found);
    files.insert(files.end(), matches.begin(), matches.end());
    if (matches.empty())
      errors.add(at, prefix + "data_files: '" + file +
                         (is_file_pattern(file) ? "' matches no file; " : "' does not exist; ") +
                         places_tried(found));
  }
  dataset.data_files = std::move(files);
}

}  // namespace hone
