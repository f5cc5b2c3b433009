// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/printable.h"

#include <doctest/doctest.h>

namespace hone {
namespace {

TEST_CASE("printable: text that shows something stays as it is") {
  CHECK(printable("plain \"text\" \\ here") == "plain \"text\" \\ here");
  CHECK(printable("h\u00f6ne \u6a21\u578b \U0001f600") == "h\u00f6ne \u6a21\u578b \U0001f600");
  CHECK(printable("") == "");
}

TEST_CASE("printable: nothing reaches the terminal as a control character") {
  CHECK(printable("\x1b[31mred") == "\\x1b[31mred");
  CHECK(printable("a\nb\tc\rd\x7f") == "a\\nb\\tc\\x0dd\\x7f");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\xc2\\x9b31m");  // U+009B starts an escape as ESC [ does
}

TEST_CASE("printable: bytes that are not UTF-8 are escaped one by one") {
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong '/'
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
}

TEST_CASE("printable: long text is cut") {
  CHECK(printable("abcdef", 3) == "abc...");
  CHECK(printable("abc", 3) == "abc");
}

TEST_CASE("quote: quotes and backslashes cannot end the quotation") {
  CHECK(quote("a\"b\\") == "\"a\\\"b\\\\\"");
}

TEST_CASE("printable: lines stay lines") {
  CHECK(printable_lines("two problems:\n  a\x1b[31m\tb\r\n  c\n") ==
        "two problems:\n  a\\x1b[31m\\tb\\x0d\n  c\n");
  CHECK(printable_lines("") == "");
  CHECK(printable_lines("\n\n") == "\n\n");
  CHECK(printable_lines(std::string(5000, 'x')) == std::string(5000, 'x'));
}

}  // namespace
}  // namespace hone
