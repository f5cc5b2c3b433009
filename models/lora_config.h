// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which modules and parameters get LoRA, with which rank: PEFT's rules.
//
// target_modules: a list (a module matches if its path is an entry or ends in "." + entry) or one
// regular expression for the whole path; "all-linear" means every linear but the head.
// target_parameters: a parameter matches an entry the same way as a list of modules.
// rank_pattern, alpha_pattern: the first key that matches the end of the name as a regular
// expression overrides r or lora_alpha.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nn/builder.h"

namespace hone {

struct LoraConfig {
  int64_t r = 8;
  double alpha = 8;
  double dropout = 0;
  bool rslora = false;  // scale = alpha / sqrt(r) instead of alpha / r
  std::vector<std::string> target_modules = {};
  std::string target_modules_regex = {};  // instead of the list
  bool all_linear = false;                // "all-linear"
  std::vector<std::string> target_parameters = {};
  std::vector<std::string> exclude_modules = {};
  std::vector<std::pair<std::string, int64_t>> rank_pattern = {};
  std::vector<std::pair<std::string, double>> alpha_pattern = {};
  std::string base_model = {};    // base_model_name_or_path
  std::string peft_version = {};  // as read; empty if absent
};

// Decides for one model; keeps the compiled patterns and what it matched.
// Errors: kUsage for a pattern that does not compile, a rank below 1, or dropout on parameters.
class LoraTargets {
 public:
  explicit LoraTargets(const LoraConfig& config);

  std::optional<nn::LoraChoice> for_module(const std::string& path) const;
  std::optional<nn::LoraChoice> for_parameter(const std::string& name) const;

  // Sets both choices of the options. The targets outlive the options' use.
  void install(nn::BuildOptions& options) const;

  // After a build: throws Error(kUsage) if some target matched nothing, naming it.
  void check_all_matched(const std::vector<nn::Parameter>& parameters) const;
  // The same for rank and alpha patterns: for adapters that a user describes. PEFT's files may carry
  // patterns for other models.
  void check_patterns_matched() const;

 private:
  struct Patterns;
  nn::LoraChoice choice(const std::string& name) const;

  LoraConfig config_;
  std::shared_ptr<Patterns> patterns_;
};

}  // namespace hone
