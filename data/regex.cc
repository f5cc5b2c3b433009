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

// Attempts within this are not counted; the patterns of real tokenizers stay far below.
constexpr int64_t kFreeSteps = 200;

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
  std::string where;
};

// Matches within one text. PCRE2 limits the steps of one attempt at one position; this class limits
// the sum over all attempts, which can be quadratic in the length of the text.
class Regex::Matcher {
 public:
  Matcher(const Code& code, std::string_view text)
      : code_(code),
        text_(text),
        steps_left_(kMaxSteps + kMaxStepsPerByte * static_cast<int64_t>(text.size())),
        data_(pcre2_match_data_create_from_pattern(code.compiled.get(), nullptr)),
        limits_(pcre2_match_context_create(nullptr)) {
    check(data_ && limits_, "regex: PCRE2 could not allocate its match data");
    pcre2_set_heap_limit(limits_.get(), kMaxHeapKib);
  }

  struct Match {
    size_t begin, end;
  };

  // The leftmost match at or after `from`.
  std::optional<Match> find(size_t from) {
    int rc = match(from, 0, kFreeSteps);
    if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_JIT_STACKLIMIT) rc = search(from);
    if (rc == PCRE2_ERROR_NOMATCH) return std::nullopt;
    if (rc < 0) give_up(from, rc);
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data_.get());
    return Match{ends[0], ends[1]};
  }

  bool matches_all() {
    const int rc = attempt(0, PCRE2_ENDANCHORED);
    if (rc < 0 && rc != PCRE2_ERROR_NOMATCH) give_up(0, rc);
    return rc >= 0;
  }

 private:
  // pcre2_match with at most `steps` steps from each position.
  int match(size_t from, uint32_t options, int64_t steps) {
    pcre2_set_match_limit(limits_.get(), static_cast<uint32_t>(steps));
    return pcre2_match(code_.compiled.get(), units(text_), text_.size(), from,
                       options | PCRE2_NO_UTF_CHECK, data_.get(), limits_.get());
  }

  // The match that starts at `at`. A trial that runs out of steps is paid for before it is repeated
  // with more.
  int attempt(size_t at, uint32_t options) {
    int rc = PCRE2_ERROR_MATCHLIMIT;
    for (int64_t steps = kFreeSteps; rc == PCRE2_ERROR_MATCHLIMIT; steps *= 8) {
      if (steps > steps_left_) give_up(at, rc);
      rc = match(at, options | PCRE2_ANCHORED | PCRE2_NO_JIT, steps);
      if (rc == PCRE2_ERROR_MATCHLIMIT) steps_left_ -= steps;
    }
    return rc;
  }

  // The leftmost match at or after `from`, position by position.
  int search(size_t from) {
    for (size_t at = from; at <= text_.size(); at += character_at(at)) {
      const int rc = attempt(at, 0);
      if (rc != PCRE2_ERROR_NOMATCH) return rc;
    }
    return PCRE2_ERROR_NOMATCH;
  }

  size_t character_at(size_t at) const {
    return at < text_.size() ? static_cast<size_t>(decode_utf8(text_.data() + at).bytes) : 1;
  }

  [[noreturn]] void give_up(size_t at, int rc) const {
    fail(ErrorCode::kModel, code_.where, ": matching the pattern against a text of ", text_.size(),
         " bytes failed at byte ", at, ": ", pcre2_message(rc),
         ". The pattern backtracks too much to be usable; expected one that needs at most ",
         kMaxSteps, " steps and ", kMaxStepsPerByte, " more per byte");
  }

  const Code& code_;
  std::string_view text_;
  int64_t steps_left_;
  std::unique_ptr<pcre2_match_data, Free<pcre2_match_data_free>> data_;
  std::unique_ptr<pcre2_match_context, Free<pcre2_match_context_free>> limits_;
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
  code->where = std::move(where);
  return Regex(std::move(code));
}

void Regex::split(std::string_view text, std::vector<std::string_view>& pieces) const {
  Matcher matcher(*code_, text);
  size_t done = 0;
  const auto cut = [&](size_t at) {
    if (at > done) pieces.push_back(text.substr(done, at - done));
    done = std::max(done, at);
  };
  for (size_t from = 0; from <= text.size();) {
    const auto match = matcher.find(from);
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

bool Regex::full_match(std::string_view text) const { return Matcher(*code_, text).matches_all(); }

}  // namespace hone
