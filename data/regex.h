// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Regular expressions through PCRE2, with limits: a hostile pattern ends in an error, not in a
// hang.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// A compiled pattern over UTF-8 text. \p{..}, \w, \s, \d and (?i) follow Unicode (14.0 in Debian
// 12's PCRE2). Safe for concurrent use.
class Regex {
 public:
  enum class Syntax { kPattern, kLiteral };

  // `where` names the pattern in messages.
  // Errors: kModel when it does not compile, with PCRE2's reason and the offset in the pattern.
  static Regex compile(std::string_view pattern, Syntax syntax, std::string where);

  // Cuts `text` before and after every match and appends the pieces, which cover it, none empty.
  // Requires: valid UTF-8.
  // Errors: kModel when backtracking takes more steps than the limits below, or 64 MiB.
  void split(std::string_view text, std::vector<std::string_view>& pieces) const;

  // Whether the pattern matches all of `text`. Requires and errors: as split.
  bool full_match(std::string_view text) const;

  static constexpr int64_t kMaxSteps = 5'000'000;
  static constexpr int64_t kMaxStepsPerByte = 32;

 private:
  struct Code;
  class Matcher;
  explicit Regex(std::shared_ptr<const Code> code) : code_(std::move(code)) {}

  std::shared_ptr<const Code> code_;
};

}  // namespace hone
