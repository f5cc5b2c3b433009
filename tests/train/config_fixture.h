// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A folder in which configurations can be resolved.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tensor/check.h"
#include "train/load_config.h"
#include "train/yaml.h"

namespace hone {

// A folder where the user stands, holding a model, a tokenizer and a dataset.
struct UserFolder {
  std::filesystem::path root;
  PathRoots roots;

  UserFolder() {
    namespace fs = std::filesystem;
    std::string name = (fs::temp_directory_path() / "hone_config_XXXXXX").string();
    root = mkdtemp(name.data());
    fs::create_directories(root / "model");
    fs::create_directories(root / "data/quickstart");
    fs::create_directories(root / "linked");
    fs::create_directories(root / "run/adapter");
    fs::create_symlink("/", root / "linked/adapter");
    std::ofstream(root / "rows.jsonl") << "{}\n";
    roots.user_directory = root;
  }
  ~UserFolder() { std::filesystem::remove_all(root); }
};

// The least that a run needs.
inline const std::string kLeast =
    "base_model: model\n"
    "learning_rate: 1e-4\n"
    "datasets: [{path: rows.jsonl}]\n";

// Resolves the text of a file f.yaml.
inline LoadedConfig load(const std::string& yaml) {
  const UserFolder user;
  return resolve_config(parse_yaml(yaml, "f.yaml"), user.root, user.roots);
}

// The message with which the text is rejected.
inline std::string error_of(const std::string& yaml) {
  try {
    load(yaml);
  } catch (const Error& e) {
    return e.code() == ErrorCode::kUsage ? e.what() : "(another code)";
  }
  return "(accepted)";
}

}  // namespace hone
