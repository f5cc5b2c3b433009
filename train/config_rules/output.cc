// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about where results go.
#include "train/config_rules/lines.h"

namespace hone::config_rules {
namespace {

// Does anything directly in the folder lead elsewhere?
bool has_links(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.is_symlink(ignored)) return true;
  return false;
}

// Is it in what a run leaves in the folder: adapter/, model/ or checkpoint-<step>/?
bool is_result(const std::filesystem::path& input, const std::filesystem::path& output_dir) {
  if (input.empty() || output_dir.empty()) return false;
  std::error_code ignored;
  const auto folder = std::filesystem::weakly_canonical(output_dir, ignored);
  const auto inner = std::filesystem::weakly_canonical(input, ignored).lexically_relative(folder);
  const std::string name = inner.empty() ? "" : inner.begin()->string();
  return name == "adapter" || name == "model" || name.starts_with("checkpoint-");
}

}  // namespace

TrainRules output_rules() {
  using C = TrainConfig;
  using G = GivenKeys;
  return {
      error(
          "output over the model", {"output_dir", "base_model"},
          [](const C& c, const G&) {
            std::error_code ignored;
            return !c.output_dir.empty() && !c.base_model.path.empty() &&
                   std::filesystem::equivalent(c.output_dir, c.base_model.path, ignored);
          },
          "this is base_model's folder, which the results would overwrite; give another"),
      error(
          "output over an input",
          {"output_dir", "base_model", "tokenizer_config", "lora_model_dir"},
          [](const C& c, const G&) {
            return is_result(c.base_model.path, c.output_dir) ||
                   is_result(c.tokenizer_config.path, c.output_dir) ||
                   is_result(c.lora_model_dir.path, c.output_dir);
          },
          "a result in this folder is an input of the run, whose own result would take its place; "
          "give another"),
      error(
          "output is a file", {"output_dir"},
          [](const C& c, const G&) {
            std::error_code ignored;
            return std::filesystem::exists(c.output_dir, ignored) &&
                   !std::filesystem::is_directory(c.output_dir, ignored);
          },
          "this is a file; give a folder, or a name that is free"),
      error(
          "links in the output", {"output_dir"},
          [](const C& c, const G&) { return has_links(c.output_dir); },
          "there are links in this folder, and results would go where they lead; remove them, or "
          "give another folder"),
  };
}

}  // namespace hone::config_rules
