// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/printable.h"

#include <algorithm>

namespace hone {
namespace {

// Length of the UTF-8 sequence at the front of `s` if it is a well-formed character that shows
// something (U+0080 to U+009F are terminal controls); 0 otherwise.
size_t visible_character(std::string_view s) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || s.size() < length) return 0;
  uint32_t code = lead & (0xffu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3fu);
  }
  static constexpr uint32_t kSmallest[] = {0, 0, 0xa0, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code >= kSmallest[length] && code <= 0x10ffff && !surrogate ? length : 0;
}

std::string escaped(std::string_view text, int64_t limit, bool between_quotes) {
  static constexpr char kHex[] = "0123456789abcdef";
  const size_t end = std::min(text.size(), static_cast<size_t>(limit));
  std::string out;
  for (size_t i = 0; i < end;) {
    const char c = text[i];
    const size_t length = visible_character(text.substr(i));
    if (between_quotes && (c == '"' || c == '\\')) {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (length > 0) {
      out.append(text, i, length);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
    i += std::max<size_t>(length, 1);
  }
  return end < text.size() ? out + "..." : out;
}

}  // namespace

std::string printable(std::string_view text, int64_t limit) { return escaped(text, limit, false); }

std::string printable_lines(std::string_view text) {
  std::string out;
  for (;;) {
    const size_t end = text.find('\n');
    out += printable(text.substr(0, end), static_cast<int64_t>(text.size()));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string quote(std::string_view text, int64_t limit) {
  return '"' + escaped(text, limit, true) + '"';
}

}  // namespace hone
