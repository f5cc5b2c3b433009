// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_string_literal.h"

#include <algorithm>

#include "data/unicode.h"

namespace hone::jinja {
namespace {

// The value of up to `most` digits of a base at the front of `text`, which loses them; -1 if there
// are fewer than `least`.
int64_t take_digits(std::string_view& text, int base, size_t least, size_t most) {
  int64_t value = 0;
  size_t n = 0;
  for (; n < std::min(most, text.size()); ++n) {
    const char c = text[n];
    int digit = 99;
    if (c >= '0' && c <= '9') digit = c - '0';
    if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
    if (digit >= base) break;
    value = value * base + digit;
  }
  if (n < least) return -1;
  text.remove_prefix(n);
  return value;
}

// One letter for one character, 0 for other escapes.
char simple_escape(char c) {
  constexpr std::string_view kLetters = "nrtabfv\\'\"";
  constexpr std::string_view kValues = "\n\r\t\a\b\f\v\\'\"";
  const size_t i = kLetters.find(c);
  return i == std::string_view::npos ? '\0' : kValues[i];
}

}  // namespace

const char* unescape(std::string_view body, std::string& value) {
  while (!body.empty()) {
    const size_t plain = std::min(body.find('\\'), body.size());
    value += body.substr(0, plain);
    body.remove_prefix(plain);
    if (body.size() < 2) break;
    const char c = body[1];
    if (const char simple = simple_escape(c)) {
      value += simple;
      body.remove_prefix(2);
    } else if (c == '\n') {
      body.remove_prefix(2);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      body.remove_prefix(2);
      const int64_t code = take_digits(body, 16, digits, digits);
      if (code < 0) return "this string has an escape with too few hexadecimal digits";
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return "this string has an escape that is no character";
      append_utf8(value, static_cast<char32_t>(code));
    } else if (c >= '0' && c <= '7') {
      body.remove_prefix(1);
      append_utf8(value, static_cast<char32_t>(take_digits(body, 8, 1, 3)));
    } else if (c == 'N') {
      return "this string has an escape \\N{...}, which is not supported";
    } else {
      value += '\\';
      body.remove_prefix(1);
    }
  }
  return nullptr;
}

}  // namespace hone::jinja
