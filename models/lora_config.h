// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which modules and parameters get LoRA, with which rank, by PEFT's rules for a LoraConfig.
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
#include <utility>
#include <vector>

#include "models/adapter_config.h"
#include "nn/builder.h"
#include "tensor/check.h"

namespace hone {

// A target that nothing in the model has.
class UnmatchedTarget : public Error {
 public:
  UnmatchedTarget(const std::string& message, std::string entry)
      : Error(ErrorCode::kUsage, message), entry_(std::move(entry)) {}
  // Of target_modules or target_parameters; empty: none of the targets matches anything.
  const std::string& entry() const { return entry_; }

 private:
  std::string entry_;
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

  // After a build: throws UnmatchedTarget if some target matched nothing, naming it and what is near.
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
