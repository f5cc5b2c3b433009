// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/regex.h"

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

#include <array>
#include <optional>

#include "data/printable.h"
#include "data/unicode.h"
#include "tensor/check.h"

namespace hone {
namespace {

constexpr uint32_t kMaxHeapKib = 64 * 1024;

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* p) const {
    free_function(p);
  }
};

std::string pcre2_message(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

}  // namespace

struct Regex::Code {
  std::unique_ptr<pcre2_code, Free<pcre2_code_free>> compiled;
  std::unique_ptr<pcre2_match_context, Free<pcre2_match_context_free>> limits;
  std::string where;
};

// What one thread needs while matching.
class Regex::Matcher {
 public:
  explicit Matcher(const Code& code)
      : code_(code), data_(pcre2_match_data_create_from_pattern(code.compiled.get(), nullptr)) {
    check(data_ != nullptr, "regex: PCRE2 could not allocate its match data");
  }

  struct Match {
    size_t begin, end;
  };

  // The leftmost match at or after `from`.
  std::optional<Match> find(std::string_view text, size_t from) {
    int rc = match(text, from, 0);
    // Compiled code has 32 KiB of stack; the interpreter takes over where that is not enough.
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT) rc = match(text, from, PCRE2_NO_JIT);
    if (rc == PCRE2_ERROR_NOMATCH) return std::nullopt;
    if (rc < 0)
      fail(ErrorCode::kModel, code_.where, ": matching the pattern against a text of ", text.size(),
           " bytes failed at byte ", from, ": ", pcre2_message(rc),
           ". The pattern backtracks too much to be usable; expected one that needs at most ",
           kMaxSteps, " steps a match");
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data_.get());
    return Match{ends[0], ends[1]};
  }

 private:
  int match(std::string_view text, size_t from, uint32_t options) {
    return pcre2_match(code_.compiled.get(), units(text), text.size(), from,
                       options | PCRE2_NO_UTF_CHECK, data_.get(), code_.limits.get());
  }

  const Code& code_;
  std::unique_ptr<pcre2_match_data, Free<pcre2_match_data_free>> data_;
};

Regex Regex::compile(std::string_view pattern, Syntax syntax, std::string where) {
  const uint32_t options =
      PCRE2_UTF |
      (syntax == Syntax::kLiteral ? PCRE2_LITERAL : PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C);
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto code = std::make_shared<Code>();
  code->compiled.reset(
      pcre2_compile(units(pattern), pattern.size(), options, &error, &offset, nullptr));
  if (!code->compiled)
    fail(ErrorCode::kModel, where, ": the regular expression ", quote(pattern),
         " does not compile: ", pcre2_message(error), " at offset ", offset);
  // Without JIT (an unusual processor, or memory that may not be executable) the interpreter runs.
  pcre2_jit_compile(code->compiled.get(), PCRE2_JIT_COMPLETE);
  code->limits.reset(pcre2_match_context_create(nullptr));
  check(code->limits != nullptr, "regex: PCRE2 could not allocate its match context");
  pcre2_set_match_limit(code->limits.get(), kMaxSteps);
  pcre2_set_heap_limit(code->limits.get(), kMaxHeapKib);
  code->where = std::move(where);
  return Regex(std::move(code));
}

void Regex::split(std::string_view text, std::vector<std::string_view>& pieces) const {
  Matcher matcher(*code_);
  size_t done = 0;
  const auto cut = [&](size_t at) {
    if (at > done) pieces.push_back(text.substr(done, at - done));
    done = std::max(done, at);
  };
  for (size_t from = 0; from <= text.size();) {
    const auto match = matcher.find(text, from);
    if (!match) break;
    cut(match->begin);
    cut(match->end);
    from = match->end;
    if (match->begin == match->end) {  // an empty match: go on behind the next character
      if (from == text.size()) break;
      from += static_cast<size_t>(decode_utf8(text.data() + from).bytes);
    }
  }
  cut(text.size());
}

}  // namespace hone
