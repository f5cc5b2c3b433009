// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_errors.h"

#include <algorithm>
#include <tuple>

#include "data/printable.h"
#include "tensor/check.h"

namespace hone {

void ConfigErrors::add(const SourcePosition& at, const std::string& message) {
  problems_.push_back({at, message});
}

void ConfigErrors::add(const std::string& message) { problems_.push_back({{}, message}); }

bool ConfigErrors::has(const SourcePosition& at) const {
  return std::any_of(problems_.begin(), problems_.end(),
                     [&](const Problem& p) { return p.at == at; });
}

void ConfigErrors::throw_if_any() const {
  if (problems_.empty()) return;
  std::vector<Problem> sorted = problems_;
  const auto order = [](const Problem& p) {
    const bool nowhere = p.at.source.empty();
    return std::tuple(nowhere, !p.at.in_file(), p.at.line, p.at.column);
  };
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const Problem& a, const Problem& b) { return order(a) < order(b); });
  std::string text;
  if (sorted.size() > 1) text = std::to_string(sorted.size()) + " problems in the configuration:";
  for (const Problem& problem : sorted) {
    if (!text.empty()) text += "\n  ";
    if (!problem.at.source.empty()) text += printable(problem.at.str(), 4096) + ": ";
    text += printable(problem.message, 4096);
  }
  fail(ErrorCode::kUsage, text);
}

}  // namespace hone
