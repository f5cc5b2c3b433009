// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which base weights train, chosen by name.
#pragma once

#include <string>
#include <vector>

#include "data/regex.h"
#include "models/weights.h"

namespace hone {

// Regular expressions for the beginnings of names. A name is the checkpoint's
// (model.language_model.layers.0...) or that of the language model alone (model.layers.0...). A dot
// matches a dot, among others, so patterns in which dots are meant literally select what they shall.
class UnfrozenWeights {
 public:
  // Errors: kUsage for a pattern that does not compile.
  UnfrozenWeights(const std::vector<std::string>& patterns, const ModelConfig& config);

  // Errors: kUsage for a pattern that backtracks without end.
  bool contains(const std::string& parameter) const;

  // For a model with these parameters, none of which is contained: what may have been meant.
  std::string suggestion(const std::vector<nn::Parameter>& parameters) const;

 private:
  std::vector<std::string> texts_;
  std::vector<Regex> patterns_;
  CheckpointNames names_;
};

}  // namespace hone
