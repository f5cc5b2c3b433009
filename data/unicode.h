// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The little Unicode that a tokenizer needs: UTF-8, character classes, NFC.
//
// Token ids must equal those of Hugging Face `tokenizers`, whose parts follow different editions of
// Unicode: its regex engine knows 16.0, its NFC stopped near 9.0. Our tables come from utf8proc
// (15.0), adjusted by the short lists in unicode.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// What a code point is, one bit per class. Letter, mark, number: general categories L, M, N.
enum CharClass : uint8_t {
  kLetter = 1,
  kMark = 2,
  kNumber = 4,
  kSpace = 8,      // White_Space
  kWord = 16,      // \w: alphabetic, marks, decimal digits, connectors, joiners
  kNfcInert = 32,  // a starter that NFC leaves alone whatever stands before it
};

// The classes of all 1,114,112 code points, in pages of 256 with equal pages shared.
class CharTable {
 public:
  static const CharTable& instance();  // built on first use, about 10 ms

  uint8_t operator[](char32_t c) const { return pages_[page_of_[c >> 8]][c & 0xFF]; }
  const uint8_t* ascii() const { return pages_[page_of_[0]].data(); }  // [128], the fast way

 private:
  CharTable();

  using Page = std::array<uint8_t, 256>;
  std::array<uint16_t, 0x1100> page_of_;
  std::vector<Page> pages_;
};

struct CodePoint {
  char32_t value;
  int bytes;
};

// The code point whose encoding starts at `p`. Requires: valid UTF-8.
inline CodePoint decode_utf8(const char* p) {
  auto byte = [&](int i) { return static_cast<char32_t>(static_cast<unsigned char>(p[i])); };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {(lead & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (lead < 0xF0) return {(lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {(lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F),
          4};
}

// The last code point of a non-empty `text`. Requires: valid UTF-8.
CodePoint last_code_point(std::string_view text);

// Appends the UTF-8 encoding of `c`. Requires: a code point that is no surrogate.
void append_utf8(std::string& out, char32_t c);

// Offset of the first byte that is not part of valid UTF-8, or -1.
int64_t find_invalid_utf8(std::string_view text);

// `text` with U+FFFD for every maximal invalid part (Unicode 15, section 3.9, "U+FFFD Substitution
// of Maximal Subparts", as Python and Rust do).
std::string replace_invalid_utf8(std::string_view text);

// Normalization Form C of `text`: `text` itself when nothing changes, else a view of `storage`.
// Linear time but for a sort of each run of combining marks. Requires: valid UTF-8.
std::string_view nfc(std::string_view text, std::string& storage);

}  // namespace hone
