// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a C++ header declares, for tests that compare headers with something else.
#pragma once

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

namespace hone::test {

inline std::string without_comments(const std::string& code) {
  static const std::regex comment(R"(//[^\n]*|/\*[\s\S]*?\*/|#[^\n]*)");
  return std::regex_replace(code, comment, " ");
}

// What is declared in the namespaces themselves, not in classes or function bodies.
inline std::vector<std::string> declarations(const std::string& code) {
  static const std::regex opens_namespace(R"(\s*(inline\s+)?namespace\s*[\w:]*\s*)");
  std::vector<std::string> found(1);
  int depth = 0;  // of braces that are not a namespace's
  for (const char c : code) {
    if (c == '{') {
      if (depth > 0 || !std::regex_match(found.back(), opens_namespace)) ++depth;
      found.emplace_back();
    } else if (c == '}') {
      depth = std::max(0, depth - 1);
      found.emplace_back();
    } else if (c == ';') {
      found.emplace_back();
    } else if (depth == 0) {
      found.back() += c;
    }
  }
  return found;
}

}  // namespace hone::test
