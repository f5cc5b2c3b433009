// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where relative paths start.
//
// `bazel run` starts a program in a folder of Bazel's; the user stands elsewhere. A path typed on
// the command line is relative to where the user stands. A path inside a YAML file is tried from
// there, then from the file's own folder, then from the workspace root, so that the example files
// work however the program was started.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace hone {

struct PathRoots {
  std::filesystem::path user_directory;                // where the user stands
  std::vector<std::filesystem::path> workspace_roots;  // folders holding WORKSPACE, best first
};

// The roots of this process. The user stands in $BUILD_WORKING_DIRECTORY (`bazel run` sets it) or
// else in the current directory. Workspace roots are $BUILD_WORKSPACE_DIRECTORY and the first
// folder holding a file WORKSPACE upward from the user's directory and from the program itself,
// whose name is `program` (argv[0]).
PathRoots find_path_roots(const std::string& program);

// An input path as it was written, and the file or folder that it names.
struct FoundPath {
  std::filesystem::path path;                // absolute; empty when nothing exists
  std::vector<std::filesystem::path> tried;  // every place looked at, in order
};

// Looks for `written` on the command line's terms: from the user's directory only. A leading "~/"
// stands for $HOME.
FoundPath find_from_command_line(const std::string& written, const PathRoots& roots);

// Looks for `written` on the terms of a YAML file in `yaml_directory`.
FoundPath find_from_yaml(const std::string& written, const std::filesystem::path& yaml_directory,
                         const PathRoots& roots);

// A model's name on the Hugging Face hub: "organisation/name" or "name", of letters, digits, '.',
// '_' and '-'.
bool is_hub_name(const std::string& written);

// Looks for a model in the cache that Hugging Face's programs keep: the commit that refs/main
// names, in $HF_HUB_CACHE, or else $HF_HOME/hub, or else ~/.cache/huggingface/hub (below
// $XDG_CACHE_HOME if that is set). Nothing is downloaded.
FoundPath find_in_hub_cache(const std::string& name);

// "tried /a/b, /c/b", for the message about a path that was not found.
std::string places_tried(const FoundPath& found);

// Where an output goes: absolute paths as they are, others from the user's directory.
std::filesystem::path output_path(const std::string& written, const PathRoots& roots);

}  // namespace hone
