// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/paths.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>

namespace hone {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

fs::path expand_home(const std::string& written) {
  const std::string home = environment("HOME");
  if (written.starts_with("~/") && !home.empty()) return fs::path(home) / written.substr(2);
  return written;
}

void add_unique(std::vector<fs::path>& paths, const fs::path& path) {
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
}

// Adds the first folder holding a WORKSPACE file, from `folder` upward.
void add_enclosing_workspace(std::vector<fs::path>& roots, fs::path folder) {
  std::error_code ignored;
  for (folder = folder.lexically_normal(); !folder.empty(); folder = folder.parent_path()) {
    if (fs::is_regular_file(folder / "WORKSPACE", ignored)) return add_unique(roots, folder);
    if (folder == folder.parent_path()) return;
  }
}

FoundPath find_in(const fs::path& written, const std::vector<fs::path>& folders) {
  FoundPath found;
  for (const fs::path& folder : folders) {
    const fs::path candidate = (folder / written).lexically_normal();  // absolute stays itself
    if (std::find(found.tried.begin(), found.tried.end(), candidate) != found.tried.end()) continue;
    found.tried.push_back(candidate);
    std::error_code ignored;
    if (fs::exists(candidate, ignored)) {
      found.path = candidate;
      return found;
    }
  }
  return found;
}

fs::path hub_cache() {
  if (const std::string cache = environment("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (const std::string home = environment("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty())
    return fs::path(cache) / "huggingface" / "hub";
  const std::string home = environment("HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".cache" / "huggingface" / "hub";
}

}  // namespace

PathRoots find_path_roots(const std::string& program) {
  PathRoots roots;
  const fs::path current = fs::current_path();
  const std::string user = environment("BUILD_WORKING_DIRECTORY");
  roots.user_directory = user.empty() ? current : fs::path(user);
  if (const std::string root = environment("BUILD_WORKSPACE_DIRECTORY"); !root.empty())
    roots.workspace_roots.push_back(root);
  add_enclosing_workspace(roots.workspace_roots, roots.user_directory);
  // Unresolved on purpose: bazel-bin is a link out of the workspace, its name lies inside.
  if (program.find('/') != std::string::npos)
    add_enclosing_workspace(roots.workspace_roots, (current / program).parent_path());
  return roots;
}

FoundPath find_from_command_line(const std::string& written, const PathRoots& roots) {
  return find_in(expand_home(written), {roots.user_directory});
}

FoundPath find_from_yaml(const std::string& written, const fs::path& yaml_directory,
                         const PathRoots& roots) {
  std::vector<fs::path> folders = {roots.user_directory, yaml_directory};
  for (const fs::path& root : roots.workspace_roots) folders.push_back(root);
  return find_in(expand_home(written), folders);
}

bool is_hub_name(const std::string& written) {
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-' ||
           c == '/';
  };
  return !written.empty() && std::isalnum(static_cast<unsigned char>(written[0])) &&
         std::all_of(written.begin(), written.end(), allowed) &&
         std::count(written.begin(), written.end(), '/') <= 1 && written.back() != '/' &&
         written.find("..") == std::string::npos && written.find("--") == std::string::npos;
}

FoundPath find_in_hub_cache(const std::string& name) {
  FoundPath found;
  const fs::path cache = hub_cache();
  if (cache.empty()) return found;
  std::string folder = "models--" + name;
  if (const size_t slash = folder.find('/'); slash != std::string::npos)
    folder.replace(slash, 1, "--");
  const fs::path reference = cache / folder / "refs" / "main";
  std::string commit;
  std::ifstream(reference) >> commit;
  constexpr size_t kLongestCommit = 64;
  const bool hex = !commit.empty() && commit.size() <= kLongestCommit &&
                   std::all_of(commit.begin(), commit.end(),
                               [](char c) { return std::isxdigit(static_cast<unsigned char>(c)); });
  if (!hex) {
    found.tried.push_back(reference);
    return found;
  }
  const fs::path snapshot = cache / folder / "snapshots" / commit;
  found.tried.push_back(snapshot);
  std::error_code ignored;
  if (fs::is_directory(snapshot, ignored)) found.path = snapshot;
  return found;
}

std::string places_tried(const FoundPath& found) {
  std::string text = "tried ";
  for (size_t i = 0; i < found.tried.size(); ++i)
    text += (i == 0 ? "" : ", ") + found.tried[i].string();
  return text;
}

fs::path output_path(const std::string& written, const PathRoots& roots) {
  return (roots.user_directory / expand_home(written)).lexically_normal();
}

}  // namespace hone
