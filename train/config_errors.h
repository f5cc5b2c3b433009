// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The problems of a configuration, collected so that the user sees all of them at once.
#pragma once

#include <string>
#include <vector>

#include "train/config_value.h"

namespace hone {

class ConfigErrors {
 public:
  // Adds one problem at a position; one without a position (a missing key) comes last.
  void add(const SourcePosition& at, const std::string& message);
  void add(const std::string& message);

  // True when a problem was found at this very position.
  bool has(const SourcePosition& at) const;

  // Throws Error(kUsage) with every problem on a line of its own, in the order of the positions,
  // unless there are none.
  void throw_if_any() const;

 private:
  struct Problem {
    SourcePosition at;
    std::string message;
  };
  std::vector<Problem> problems_;
};

}  // namespace hone
