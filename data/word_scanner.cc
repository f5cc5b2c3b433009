// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/word_scanner.h"

#include "data/unicode.h"

namespace hone {
namespace {

bool is_newline(char c) { return c == '\r' || c == '\n'; }

// Each member function takes a position inside the text and returns the end of what it matches.
class Scanner {
 public:
  Scanner(const WordRules& rules, std::string_view text)
      : letters_(rules.letters),
        others_excluded_(kSpace | kNumber | rules.letters),
        max_digits_(rules.max_digits),
        end_(text.data() + text.size()) {}

  const char* gpt2_word(const char* p) const {
    if (*p == '\'')
      if (const char* q = contraction(p, 0)) return q;
    const char* q = *p == ' ' ? p + 1 : p;
    if (q < end_) {
      const uint8_t classes = at(q).classes;
      if (classes & letters_) return skip(q, letters_);
      if (classes & kNumber) return skip(q, kNumber);
      if (!(classes & kSpace)) return skip_others(q);
    }
    return spaces(p, /*stop_after_newline=*/false);
  }

  const char* modern_word(const char* p) const {
    if (*p == '\'')
      if (const char* q = modern_contraction(p)) return q;
    const Char c = at(p);
    const char* next = p + c.bytes;
    if (c.classes & letters_) return skip(next, letters_);
    if (c.classes & kNumber) return digits(next);
    if (!is_newline(*p) && next < end_ && at(next).classes & letters_) return skip(next, letters_);
    const char* q = *p == ' ' ? next : p;
    if (q < end_ && !(at(q).classes & others_excluded_)) {
      q = skip_others(q);
      while (q < end_ && is_newline(*q)) ++q;
      return q;
    }
    return spaces(p, /*stop_after_newline=*/true);
  }

 private:
  struct Char {
    uint8_t classes;
    int bytes;
  };

  Char at(const char* p) const {
    const auto byte = static_cast<unsigned char>(*p);
    if (byte < 0x80) return {ascii_[byte], 1};
    const CodePoint c = decode_utf8(p);
    return {table_[c.value], c.bytes};
  }

  // '(?:s|t|m|d|re|ve|ll); nullptr without a match. With case_bit 0x20 in any case.
  const char* contraction(const char* p, char case_bit) const {
    const auto letter = [&](int i) {
      return end_ - p > i ? static_cast<char>(p[i] | case_bit) : '\0';
    };
    switch (letter(1)) {
      case 's':
      case 't':
      case 'm':
      case 'd':
        return p + 2;
      case 'r':
      case 'v':
        return letter(2) == 'e' ? p + 3 : nullptr;
      case 'l':
        return letter(2) == 'l' ? p + 3 : nullptr;
      default:
        return nullptr;
    }
  }

  // The same in any case, where U+017F (long s) is a variant of s.
  const char* modern_contraction(const char* p) const {
    if (const char* q = contraction(p, 0x20)) return q;
    return end_ - p >= 3 && p[1] == '\xC5' && p[2] == '\xBF' ? p + 3 : nullptr;
  }

  const char* skip(const char* p, uint8_t classes) const {
    while (p < end_) {
      const Char c = at(p);
      if (!(c.classes & classes)) break;
      p += c.bytes;
    }
    return p;
  }

  // Behind characters that are no space, letter or number.
  const char* skip_others(const char* p) const {
    while (p < end_) {
      const Char c = at(p);
      if (c.classes & others_excluded_) break;
      p += c.bytes;
    }
    return p;
  }

  const char* digits(const char* p) const {
    for (int64_t n = 1; n < max_digits_ && p < end_; ++n) {
      const Char c = at(p);
      if (!(c.classes & kNumber)) break;
      p += c.bytes;
    }
    return p;
  }

  // \s*[\r\n]+|\s+(?!\S)|\s+ , the first alternative on request: up to the last newline of the run
  // of white space; else all of it at the end of the text, or all but the last character, which
  // belongs to what follows, unless it is the only one.
  const char* spaces(const char* p, bool stop_after_newline) const {
    const char* q = p;
    const char* last = p;
    const char* behind_newline = nullptr;
    while (q < end_) {
      const Char c = at(q);
      if (!(c.classes & kSpace)) break;
      if (is_newline(*q)) behind_newline = q + 1;
      last = q;
      q += c.bytes;
    }
    if (stop_after_newline && behind_newline != nullptr) return behind_newline;
    return q == end_ || last == p ? q : last;
  }

  const CharTable& table_ = CharTable::instance();
  const uint8_t* ascii_ = table_.ascii();
  uint8_t letters_;
  uint8_t others_excluded_;
  int64_t max_digits_;
  const char* end_;
};

}  // namespace

std::optional<WordRules> known_word_rules(std::string_view pattern) {
  using Style = WordRules::Style;
  if (pattern == kGpt2Pattern) return WordRules{Style::kGpt2, kLetter};
  if (pattern == kQwen2Pattern) return WordRules{Style::kModern, kLetter, 1};
  if (pattern == kLlama3Pattern) return WordRules{Style::kModern, kLetter, 3};
  if (pattern == kQwen35Pattern) return WordRules{Style::kModern, kLetter | kMark, 1};
  return std::nullopt;
}

void scan_words(const WordRules& rules, std::string_view text,
                std::vector<std::string_view>& words) {
  const Scanner scanner(rules, text);
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p < end;) {
    const char* q =
        rules.style == WordRules::Style::kGpt2 ? scanner.gpt2_word(p) : scanner.modern_word(p);
    words.emplace_back(p, static_cast<size_t>(q - p));
    p = q;
  }
}

}  // namespace hone
