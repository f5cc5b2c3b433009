// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/file_pattern.h"

#include <fnmatch.h>

#include <algorithm>
#include <string>

namespace hone {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  fs::directory_iterator entry(folder, error), end;
  for (; !error && entry != end; entry.increment(error)) entries.push_back(entry->path());
  return entries;
}

// Adds the files below `folder` that match the parts of a pattern from `part` on.
void find(const fs::path& folder, const std::vector<std::string>& parts, size_t part,
          std::vector<fs::path>& found) {
  const std::string& name = parts[part];
  const bool last = part + 1 == parts.size();
  const bool any_folders = name == "**" && !last;
  if (any_folders) find(folder, parts, part + 1, found);  // none
  if (!is_file_pattern(name)) {
    std::error_code ignored;
    const fs::path next = folder / name;
    if (!last) return find(next, parts, part + 1, found);
    if (fs::is_regular_file(next, ignored)) found.push_back(next);
    return;
  }
  for (const fs::path& entry : entries_of(folder)) {
    if (fnmatch(name.c_str(), entry.filename().c_str(), FNM_PERIOD) != 0) continue;
    std::error_code ignored;
    if (last) {
      if (fs::is_regular_file(entry, ignored)) found.push_back(entry);
    } else if (fs::is_directory(entry, ignored) &&
               !(any_folders && fs::is_symlink(entry, ignored))) {
      find(entry, parts, any_folders ? part : part + 1, found);
    }
  }
}

}  // namespace

bool is_file_pattern(std::string_view path) {
  return path.find_first_of("*?[") != std::string_view::npos;
}

std::vector<fs::path> files_matching(const fs::path& pattern) {
  const fs::path whole = fs::absolute(pattern);
  std::vector<std::string> parts;
  for (const fs::path& part : whole.relative_path())
    if (!part.empty() && (parts.empty() || part != "**" || parts.back() != "**"))
      parts.push_back(part.string());
  std::vector<fs::path> found;
  if (!parts.empty()) find(whole.root_path(), parts, 0, found);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace hone
