// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Files by a pattern of their names: data/*.jsonl, **/train-?.jsonl.gz.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace hone {

// Whether a path has one of * ? [.
bool is_file_pattern(std::string_view path);

// The files whose path matches, sorted. Between slashes * stands for any characters, ? for one, and
// [ab] or [a-z] for one of those; ** between slashes stands for any folders, also none. What begins
// with a dot is found only by a name that does. ** does not follow links to folders. Folders that
// cannot be read count as empty.
// A relative pattern is that of the working directory.
std::vector<std::filesystem::path> files_matching(const std::filesystem::path& pattern);

}  // namespace hone
