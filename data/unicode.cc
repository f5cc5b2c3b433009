// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <map>
#include <span>

namespace hone {
namespace {

constexpr char32_t kCodePoints = 0x110000;

struct ClassRange {
  char32_t first, last;
  uint8_t classes;
};

// Letters, marks and numbers of Unicode 15.1 and 16.0, which utf8proc 2.8 does not know. Found by
// matching every code point against \p{L}, \p{M} and \p{N} in tokenizers 0.23.
constexpr ClassRange kNewCharacters[] = {
    {0x00897, 0x00897, kMark},   {0x01C89, 0x01C8A, kLetter}, {0x0A7CB, 0x0A7CD, kLetter},
    {0x0A7DA, 0x0A7DC, kLetter}, {0x105C0, 0x105F3, kLetter}, {0x10D40, 0x10D49, kNumber},
    {0x10D4A, 0x10D65, kLetter}, {0x10D69, 0x10D6D, kMark},   {0x10D6F, 0x10D85, kLetter},
    {0x10EC2, 0x10EC4, kLetter}, {0x10EFC, 0x10EFC, kMark},   {0x11380, 0x11389, kLetter},
    {0x1138B, 0x1138B, kLetter}, {0x1138E, 0x1138E, kLetter}, {0x11390, 0x113B5, kLetter},
    {0x113B7, 0x113B7, kLetter}, {0x113B8, 0x113C0, kMark},   {0x113C2, 0x113C2, kMark},
    {0x113C5, 0x113C5, kMark},   {0x113C7, 0x113CA, kMark},   {0x113CC, 0x113D0, kMark},
    {0x113D1, 0x113D1, kLetter}, {0x113D2, 0x113D2, kMark},   {0x113D3, 0x113D3, kLetter},
    {0x113E1, 0x113E2, kMark},   {0x116D0, 0x116E3, kNumber}, {0x11BC0, 0x11BE0, kLetter},
    {0x11BF0, 0x11BF9, kNumber}, {0x11F5A, 0x11F5A, kMark},   {0x13460, 0x143FA, kLetter},
    {0x16100, 0x1611D, kLetter}, {0x1611E, 0x1612F, kMark},   {0x16130, 0x16139, kNumber},
    {0x16D40, 0x16D6C, kLetter}, {0x16D70, 0x16D79, kNumber}, {0x18CFF, 0x18CFF, kLetter},
    {0x1CCF0, 0x1CCF9, kNumber}, {0x1E5D0, 0x1E5ED, kLetter}, {0x1E5EE, 0x1E5EF, kMark},
    {0x1E5F0, 0x1E5F0, kLetter}, {0x1E5F1, 0x1E5FA, kNumber}, {0x2EBF0, 0x2EE5D, kLetter},
};

// What \w has beyond letters, marks, Nd, Nl and Pc: the joiners, and the enclosed letters that
// Unicode counts as alphabetic although they are symbols.
constexpr ClassRange kWordExtras[] = {
    {0x0200C, 0x0200D, kWord}, {0x024B6, 0x024E9, kWord}, {0x1F130, 0x1F149, kWord},
    {0x1F150, 0x1F169, kWord}, {0x1F170, 0x1F189, kWord},
};

// Combining marks that the NFC of tokenizers 0.23 does not know (Unicode 10 and later): it takes
// them for starters, so they neither reorder nor let marks behind them reach the base.
constexpr ClassRange kUnknownToNfc[] = {
    {0x007FD, 0x007FD, kNfcInert}, {0x00898, 0x0089F, kNfcInert}, {0x008CA, 0x008D3, kNfcInert},
    {0x009FE, 0x009FE, kNfcInert}, {0x00C3C, 0x00C3C, kNfcInert}, {0x00D3B, 0x00D3C, kNfcInert},
    {0x00EBA, 0x00EBA, kNfcInert}, {0x01715, 0x01715, kNfcInert}, {0x01ABF, 0x01ACE, kNfcInert},
    {0x01DF6, 0x01DFA, kNfcInert}, {0x0A82C, 0x0A82C, kNfcInert}, {0x10D24, 0x10D27, kNfcInert},
    {0x10EAB, 0x10EAC, kNfcInert}, {0x10EFD, 0x10EFF, kNfcInert}, {0x10F46, 0x10F50, kNfcInert},
    {0x10F82, 0x10F85, kNfcInert}, {0x11070, 0x11070, kNfcInert}, {0x1133B, 0x1133B, kNfcInert},
    {0x1145E, 0x1145E, kNfcInert}, {0x11839, 0x1183A, kNfcInert}, {0x1193D, 0x1193E, kNfcInert},
    {0x11943, 0x11943, kNfcInert}, {0x119E0, 0x119E0, kNfcInert}, {0x11A34, 0x11A34, kNfcInert},
    {0x11A47, 0x11A47, kNfcInert}, {0x11A99, 0x11A99, kNfcInert}, {0x11D42, 0x11D42, kNfcInert},
    {0x11D44, 0x11D45, kNfcInert}, {0x11D97, 0x11D97, kNfcInert}, {0x11F41, 0x11F42, kNfcInert},
    {0x16FF0, 0x16FF1, kNfcInert}, {0x1E08F, 0x1E08F, kNfcInert}, {0x1E130, 0x1E136, kNfcInert},
    {0x1E2AE, 0x1E2AE, kNfcInert}, {0x1E2EC, 0x1E2EF, kNfcInert}, {0x1E4EC, 0x1E4EF, kNfcInert},
};

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

uint8_t category_classes(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return kLetter | kWord;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return kMark | kWord;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
      return kNumber | kWord;
    case UTF8PROC_CATEGORY_NO:
      return kNumber;
    case UTF8PROC_CATEGORY_PC:
      return kWord;
    default:
      return 0;
  }
}

// Appends the canonical decomposition of `c`, all the way down.
void append_decomposition(char32_t c, std::vector<utf8proc_int32_t>& out) {
  std::array<utf8proc_int32_t, 8> parts;  // the longest in Unicode has 4
  int boundary = 0;
  const utf8proc_ssize_t n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(),
                                                     parts.size(), UTF8PROC_DECOMPOSE, &boundary);
  out.insert(out.end(), parts.begin(), parts.begin() + n);
}

// Composes decomposed, ordered text.
void compose(std::vector<utf8proc_int32_t>& text) {
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  const auto size = static_cast<utf8proc_ssize_t>(text.size());
  text.resize(static_cast<size_t>(utf8proc_normalize_utf32(text.data(), size, options)));
}

int combining_class(utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; }

}  // namespace

const CharTable& CharTable::instance() {
  static const CharTable table;
  return table;
}

CharTable::CharTable() {
  std::vector<uint8_t> classes(kCodePoints);
  for (char32_t c = 0; c < kCodePoints; ++c) {
    classes[c] = category_classes(c) | (is_space(c) ? kSpace : 0);
    if (combining_class(static_cast<utf8proc_int32_t>(c)) == 0) classes[c] |= kNfcInert;
  }
  auto add = [&](std::span<const ClassRange> ranges, uint8_t more) {
    for (const ClassRange& r : ranges)
      for (char32_t c = r.first; c <= r.last; ++c) classes[c] |= r.classes | more;
  };
  // A starter is not inert when NFC replaces it, or when it can merge into the character before it:
  // as the tail of some decomposition.
  std::vector<utf8proc_int32_t> parts;
  for (char32_t c = 0; c < kCodePoints; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    parts.clear();
    append_decomposition(c, parts);
    if (parts.size() == 1 && parts[0] == static_cast<utf8proc_int32_t>(c)) continue;
    for (size_t i = 1; i < parts.size(); ++i) classes[parts[i]] &= ~kNfcInert;
    compose(parts);
    if (parts.size() != 1 || parts[0] != static_cast<utf8proc_int32_t>(c)) classes[c] &= ~kNfcInert;
  }
  add(kNewCharacters, kWord);  // all of the new numbers are decimal digits
  add(kWordExtras, 0);
  add(kUnknownToNfc, 0);

  std::map<Page, uint16_t> known;
  for (size_t i = 0; i < page_of_.size(); ++i) {
    Page page;
    std::copy_n(classes.begin() + static_cast<int64_t>(i) * 256, 256, page.begin());
    auto [it, is_new] = known.emplace(page, static_cast<uint16_t>(pages_.size()));
    if (is_new) pages_.push_back(page);
    page_of_[i] = it->second;
  }
}

CodePoint last_code_point(std::string_view text) {
  size_t i = text.size() - 1;
  while (i > 0 && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) --i;
  return decode_utf8(text.data() + i);
}

void append_utf8(std::string& out, char32_t c) {
  auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  auto put_tail = [&](int shift) { put(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), put_tail(0);
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12), put_tail(6), put_tail(0);
  } else {
    put(0xF0 | c >> 18), put_tail(12), put_tail(6), put_tail(0);
  }
}

namespace {

struct Utf8Prefix {
  int bytes;   // length of the well-formed sequence, or of its longest well-formed beginning
  bool valid;  // the sequence is complete
};

// Checks the sequence at the start of a non-empty `s` (Unicode 15, table 3-7).
Utf8Prefix check_sequence(std::string_view s) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const int length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte alone excludes overlong forms, surrogates and values above U+10FFFF.
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (int i = 1; i < length; ++i) {
    if (static_cast<size_t>(i) >= s.size()) return {i, false};
    const unsigned b = byte(static_cast<size_t>(i));
    if (b < (i == 1 ? low : 0x80) || b > (i == 1 ? high : 0xBF)) return {i, false};
  }
  return {length, true};
}

}  // namespace

int64_t find_invalid_utf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const Utf8Prefix prefix = check_sequence(text.substr(i));
    if (!prefix.valid) return static_cast<int64_t>(i);
    i += static_cast<size_t>(prefix.bytes);
  }
  return -1;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Prefix prefix = check_sequence(text);
    if (prefix.valid) {
      out.append(text, 0, static_cast<size_t>(prefix.bytes));
    } else {
      append_utf8(out, 0xFFFD);
    }
    text.remove_prefix(static_cast<size_t>(prefix.bytes));
  }
  return out;
}

namespace {

// Appends the NFC of `text`, whose code points after the first are all not inert.
void append_nfc(std::string_view text, std::string& out) {
  std::vector<utf8proc_int32_t> decomposed;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text.data() + i);
    i += static_cast<size_t>(c.bytes);
    append_decomposition(c.value, decomposed);
  }
  // Canonical order: stable by combining class within each run of marks. utf8proc's own ordering is
  // an insertion sort, quadratic in the length of a run.
  const CharTable& classes = CharTable::instance();
  const auto is_mark = [&](utf8proc_int32_t c) {
    return combining_class(c) != 0 && !(classes[static_cast<char32_t>(c)] & kNfcInert);
  };
  for (auto it = decomposed.begin(); it != decomposed.end();) {
    it = std::find_if(it, decomposed.end(), is_mark);
    const auto end = std::find_if_not(it, decomposed.end(), is_mark);
    std::stable_sort(it, end, [](utf8proc_int32_t a, utf8proc_int32_t b) {
      return combining_class(a) < combining_class(b);
    });
    it = end;
  }
  compose(decomposed);
  for (const utf8proc_int32_t c : decomposed) append_utf8(out, static_cast<char32_t>(c));
}

}  // namespace

std::string_view nfc(std::string_view text, std::string& storage) {
  const CharTable& classes = CharTable::instance();
  bool changed = false;
  size_t copied = 0;  // text before this is in storage, once there is anything in it
  size_t base = 0;    // start of the last inert code point: no composition crosses it
  for (size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      base = i++;
      continue;
    }
    const CodePoint c = decode_utf8(text.data() + i);
    const size_t next = i + static_cast<size_t>(c.bytes);
    if (classes[c.value] & kNfcInert) {
      base = i;
      i = next;
      continue;
    }
    size_t end = next;  // the following code points that are not inert either
    while (end < text.size()) {
      const CodePoint d = decode_utf8(text.data() + end);
      if (classes[d.value] & kNfcInert) break;
      end += static_cast<size_t>(d.bytes);
    }
    if (!changed) storage.clear();
    changed = true;
    storage.append(text, copied, base - copied);
    append_nfc(text.substr(base, end - base), storage);
    copied = base = i = end;
  }
  if (!changed) return text;
  storage.append(text, copied);
  return storage;
}

}  // namespace hone
