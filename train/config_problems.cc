// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_problems.h"

#include <algorithm>

namespace hone {

void ConfigProblems::add(const std::string& text) {
  std::string problem = text;
  for (std::string key = text.substr(0, text.find(": ")); !key.empty();
       key.resize(key.rfind('.') == std::string::npos ? 0 : key.rfind('.')))
    if (const auto place = places_.find(key); place != places_.end()) {
      problem = place->second + ": " + text;
      break;
    }
  if (std::find(problems_.begin(), problems_.end(), problem) == problems_.end())
    problems_.push_back(problem);
}

void ConfigProblems::throw_if_any() const {
  if (problems_.empty()) return;
  if (problems_.size() == 1) fail(ErrorCode::kUsage, problems_[0]);
  std::string text = std::to_string(problems_.size()) + " problems in the configuration:";
  for (const std::string& problem : problems_) text += "\n  " + problem;
  fail(ErrorCode::kUsage, text);
}

}  // namespace hone
