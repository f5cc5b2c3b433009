// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which modules and parameters get LoRA, with which rank, by PEFT's rules for a LoraConfig.
//
// target_modules: a list (a module matches if its path is an entry or ends in "." + entry) or one
// regular expression for the whole path; "all-linear" means every linear but the head.
// layers_to_transform: of what a list matches, only what is in these layers; the layer is the first
// number in the path, or that after one of layers_pattern (regular expressions for a word).
// exclude_modules: as target_modules, but never these. target_parameters: a parameter matches an
// entry the same way as a list of modules. rank_pattern, alpha_pattern: the first key that matches
// the end of the name as a regular expression overrides r or lora_alpha.
// modules_to_save: modules whose paths end in an entry train as a whole, with all that is in them,
// and have no LoRA.
//
// Paths are those of transformers (model.language_model.layers.0... where ModelConfig::name_infix
// says so). Those of the language model alone (model.layers.0...) match as well, which PEFT does not
// do: peft_config() is for its files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/adapter_config.h"
#include "nn/builder.h"
#include "tensor/check.h"

namespace hone {

// A target, or a module to save, that nothing in the model has.
class UnmatchedTarget : public Error {
 public:
  UnmatchedTarget(const std::string& message, std::string entry)
      : Error(ErrorCode::kUsage, message), entry_(std::move(entry)) {}
  // Of target_modules, target_parameters or modules_to_save; empty: no target matches anything.
  const std::string& entry() const { return entry_; }

 private:
  std::string entry_;
};

// Decides for one model; keeps the compiled patterns and what it matched.
// Errors: kUsage for a pattern that does not compile or backtracks without end, a rank below 1,
// dropout on parameters, or layers for a regular expression.
class LoraTargets {
 public:
  // name_infix: ModelConfig's.
  explicit LoraTargets(const LoraConfig& config, std::string name_infix = "");

  std::optional<nn::LoraChoice> for_module(const std::string& path) const;
  std::optional<nn::LoraChoice> for_parameter(const std::string& name) const;
  // Whether a base weight is of a module to save.
  bool saves(const std::string& parameter) const;

  // Sets both choices of the options. The targets outlive the options' use.
  void install(nn::BuildOptions& options) const;

  // After a build: throws UnmatchedTarget if some target matched nothing, naming it and what is near.
  void check_all_matched(const std::vector<nn::Parameter>& parameters) const;
  // The same for rank and alpha patterns: for adapters that a user describes. PEFT's files may carry
  // patterns for other models.
  void check_patterns_matched() const;
  // After a build: the config from which PEFT chooses the same modules. Where its own rules would
  // choose others, they are listed by their paths.
  LoraConfig peft_config() const;

 private:
  struct Patterns;
  struct Name;
  nn::LoraChoice choice(const Name& name) const;
  bool is_excluded(const Name& name) const;
  bool is_in_layers(const std::string& path) const;

  LoraConfig config_;
  std::string infix_;
  std::shared_ptr<Patterns> patterns_;
};

}  // namespace hone
