// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/paths.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace hone {
namespace {

namespace fs = std::filesystem;

// A workspace with a file in every place that is searched, removed at the end.
struct Folders {
  fs::path root;
  PathRoots roots;

  Folders() {
    std::string name = (fs::temp_directory_path() / "hone_paths_XXXXXX").string();
    root = mkdtemp(name.data());
    for (const char* folder : {"user", "yaml", "workspace/sub/deeper", "home"})
      fs::create_directories(root / folder);
    touch("workspace/WORKSPACE");
    roots = {root / "user", {root / "workspace"}};
  }
  ~Folders() { fs::remove_all(root); }

  void touch(const std::string& name) const { std::ofstream(root / name) << "x"; }
};

TEST_CASE("paths: YAML paths are tried from the user, the file's folder, the workspace") {
  const Folders folders;
  const fs::path yaml = folders.root / "yaml";
  folders.touch("workspace/data");
  CHECK(find_from_yaml("data", yaml, folders.roots).path == folders.root / "workspace/data");
  folders.touch("yaml/data");
  CHECK(find_from_yaml("data", yaml, folders.roots).path == folders.root / "yaml/data");
  folders.touch("user/data");
  CHECK(find_from_yaml("data", yaml, folders.roots).path == folders.root / "user/data");
  CHECK(find_from_yaml("../user/data", yaml, folders.roots).path == folders.root / "user/data");
}

TEST_CASE("paths: command line paths are tried from the user only") {
  const Folders folders;
  folders.touch("workspace/data");
  const FoundPath found = find_from_command_line("data", folders.roots);
  CHECK(found.path.empty());
  CHECK(places_tried(found) == "tried " + (folders.root / "user/data").string());
}

TEST_CASE("paths: every place is listed once, absolute paths as they are") {
  const Folders folders;
  const FoundPath found = find_from_yaml("absent", folders.root / "user", folders.roots);
  CHECK(found.tried.size() == 2);  // the file's folder is the user's
  CHECK(places_tried(found) == "tried " + (folders.root / "user/absent").string() + ", " +
                                   (folders.root / "workspace/absent").string());
  const FoundPath absolute = find_from_yaml("/absent", folders.root, folders.roots);
  CHECK(places_tried(absolute) == "tried /absent");
}

TEST_CASE("paths: home and outputs") {
  const Folders folders;
  folders.touch("home/data");
  setenv("HOME", (folders.root / "home").c_str(), 1);
  CHECK(find_from_command_line("~/data", folders.roots).path == folders.root / "home/data");
  CHECK(output_path("out/run", folders.roots) == folders.root / "user/out/run");
  CHECK(output_path("/out", folders.roots) == "/out");
  CHECK(output_path("~/out", folders.roots) == folders.root / "home/out");
}

TEST_CASE("paths: the roots of a process") {
  const Folders folders;
  const fs::path workspace = folders.root / "workspace";
  // Under `bazel run`.
  setenv("BUILD_WORKING_DIRECTORY", (folders.root / "user").c_str(), 1);
  setenv("BUILD_WORKSPACE_DIRECTORY", workspace.c_str(), 1);
  PathRoots roots = find_path_roots("finetune");
  CHECK(roots.user_directory == folders.root / "user");
  REQUIRE(roots.workspace_roots.size() >= 1);
  CHECK(roots.workspace_roots[0] == workspace);
  unsetenv("BUILD_WORKING_DIRECTORY");
  unsetenv("BUILD_WORKSPACE_DIRECTORY");

  // Started by hand inside the workspace.
  const fs::path before = fs::current_path();
  fs::current_path(workspace / "sub/deeper");
  roots = find_path_roots("finetune");
  CHECK(roots.user_directory == workspace / "sub/deeper");
  CHECK(roots.workspace_roots == std::vector<fs::path>{workspace});

  // Started from elsewhere by its path; the link bazel-bin leads out of the workspace.
  fs::create_directory_symlink(folders.root / "home", workspace / "bazel-bin");
  fs::current_path(folders.root / "user");
  CHECK(find_path_roots("../workspace/bazel-bin/finetune").workspace_roots ==
        std::vector<fs::path>{workspace});
  CHECK(find_path_roots((workspace / "bazel-bin/finetune").string()).workspace_roots ==
        std::vector<fs::path>{workspace});
  fs::current_path(before);
}

}  // namespace
}  // namespace hone
