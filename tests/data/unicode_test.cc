// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/unicode.h"

#include <doctest/doctest.h>

#include "data/json.h"
#include "tests/data/cpu_timer.h"

namespace hone {
namespace {

constexpr char32_t kBlock = 4096;
constexpr char32_t kCodePoints = 0x110000;

bool is_surrogate(char32_t c) { return c >= 0xD800 && c < 0xE000; }

std::string utf8(std::u32string_view points) {
  std::string out;
  for (const char32_t c : points) append_utf8(out, c);
  return out;
}

std::string nfc_of(const std::string& text) {
  std::string storage;
  return std::string(nfc(text, storage));
}

// FNV-1a as in tools/make_tokenizer_golden.py, which hashed what `tokenizers` does.
std::string fnv1a(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4) hex += "0123456789abcdef"[hash >> shift & 15];
  return hex;
}

TEST_CASE("unicode: the classes of all code points are those of tokenizers") {
  const JsonValue expected = load_json("tests/goldens/tokenizer/unicode.json").at("classes");
  const CharTable& table = CharTable::instance();
  REQUIRE(expected.size() == kCodePoints / kBlock);
  for (char32_t block = 0; block < kCodePoints; block += kBlock) {
    std::string classes;
    for (char32_t c = block; c < block + kBlock; ++c)
      classes += static_cast<char>(table[c] & (kLetter | kMark | kNumber | kSpace | kWord));
    CAPTURE(block);
    CHECK(fnv1a(classes) == expected.at(block / kBlock).as_string());
  }
}

TEST_CASE("unicode: NFC next to every code point is that of tokenizers") {
  const JsonValue expected = load_json("tests/goldens/tokenizer/unicode.json").at("nfc");
  REQUIRE(expected.size() == kCodePoints / kBlock);
  for (char32_t block = 0; block < kCodePoints; block += kBlock) {
    std::string text;
    for (char32_t c = block; c < block + kBlock; ++c) {
      if (is_surrogate(c)) continue;
      text += nfc_of(utf8(U"a\u0345\u0301") + utf8({&c, 1}) + utf8(U"\u0334\u05b0\u3099\u0323x a") +
                     utf8({&c, 1}) + utf8(U"\u0300\u0327 "));
    }
    CAPTURE(block);
    CHECK(fnv1a(text) == expected.at(block / kBlock).as_string());
  }
}

TEST_CASE("unicode: NFC leaves composed text where it is") {
  const std::string text = utf8(U"plain, caf\u00e9, \u4e2d\u6587, \ud55c\uae00, \U0001f600");
  std::string storage;
  CHECK(nfc(text, storage).data() == text.data());
  CHECK(nfc("", storage).empty());
}

TEST_CASE("unicode: NFC of a run of a million marks takes no quadratic time") {
  std::string text = "a";
  for (int i = 0; i < 500'000; ++i) text += utf8(U"\u0301\u0323");  // above, below: to be sorted
  const CpuTimer timer;
  const std::string result = nfc_of(text);
  CHECK(timer.seconds() < 2);
  CHECK(result.starts_with(utf8(U"\u1ea1\u0323\u0323")));
  CHECK(result.ends_with(utf8(U"\u0301\u0301")));
}

TEST_CASE("unicode: every code point survives encoding and decoding") {
  int64_t wrong = 0;
  for (char32_t c = 0; c < kCodePoints; ++c) {
    if (is_surrogate(c)) continue;
    const std::string text = utf8({&c, 1});
    const CodePoint back = decode_utf8(text.data());
    const bool same = back.value == c && static_cast<size_t>(back.bytes) == text.size() &&
                      last_code_point("x" + text).value == c && find_invalid_utf8(text) < 0;
    wrong += !same;
  }
  CHECK(wrong == 0);
}

TEST_CASE("unicode: invalid UTF-8 is found and replaced, one U+FFFD for each maximal part") {
  struct Case {
    std::string_view bytes;
    int64_t at;
    std::u32string_view replaced;
  };
  const Case cases[] = {
      {"ok", -1, U"ok"},
      {"a\x80z", 1, U"a\ufffdz"},                            // continuation without a lead
      {"\xC0\xAF", 0, U"\ufffd\ufffd"},                      // overlong, two bytes
      {"\xE0\x80\xAF", 0, U"\ufffd\ufffd\ufffd"},            // overlong, three
      {"\xED\xA0\x80", 0, U"\ufffd\ufffd\ufffd"},            // a surrogate
      {"\xF4\x90\x80\x80", 0, U"\ufffd\ufffd\ufffd\ufffd"},  // above U+10FFFF
      {"\xF5", 0, U"\ufffd"},
      {"ab\xE4\xB8", 2, U"ab\ufffd"},  // cut off: one maximal part
      {"\xF0\x9F\x98z", 0, U"\ufffdz"},
      {"\xE4\xB8\xAD\xFF\xE4\xB8\xAD", 3, U"\u4e2d\ufffd\u4e2d"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.bytes);
    CHECK(find_invalid_utf8(c.bytes) == c.at);
    CHECK(replace_invalid_utf8(c.bytes) == utf8(c.replaced));
  }
}

}  // namespace
}  // namespace hone
