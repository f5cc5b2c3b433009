// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/generation/text_stream.h"

#include <doctest/doctest.h>

namespace hone {
namespace {

using Strings = std::vector<std::string>;

// The parts that a stream gives for the tokens of `text`, and at the end.
Strings parts_of(const Tokenizer& tokenizer, const std::string& text, const Strings& stops) {
  TextStream stream(tokenizer, stops);
  Strings parts;
  for (const int32_t id : tokenizer.encode(text)) parts.push_back(stream.push(id));
  parts.push_back(stream.finish());
  return parts;
}

std::string joined(const Strings& parts) {
  std::string text;
  for (const std::string& p : parts) text += p;
  return text;
}

TEST_CASE("text stream: the parts make up the text") {
  const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
  for (const std::string text :
       {"She sells 12 sea shells.\n\tBy the shore", "\u00fcber \u4e2d\u6587 \U0001F600\U0001F600!",
        "\xEF\xBF\xBD\xEF\xBF\xBD", ""}) {
    const Strings parts = parts_of(tokenizer, text, {});
    CHECK(joined(parts) == text);
    for (const std::string& p : parts)  // never half a character
      CHECK((p.find("\xEF\xBF\xBD") == std::string::npos || text.find("\xEF\xBF\xBD") == 0));
  }
}

TEST_CASE("text stream: bytes that are no character do not hold up the rest") {
  const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
  // The first bytes of characters, without the others.
  const std::vector<int32_t> grin = tokenizer.encode("\U0001F600");
  REQUIRE(grin.size() == 4);
  TextStream stream(tokenizer, {});
  std::string text;
  for (int i = 0; i < 9; ++i) text += stream.push(grin[0]);
  CHECK(text.size() >= 3 * 3);
  for (const int32_t id : tokenizer.encode("abc")) text += stream.push(id);
  text += stream.finish();
  CHECK(text.ends_with("abc"));
}

TEST_CASE("text stream: ends before a stop string, and never shows a part of one") {
  const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
  const Strings stops{"\n\n", "### User", "END"};
  const auto text_before_stop = [&](const std::string& text) {
    return joined(parts_of(tokenizer, text, stops));
  };
  CHECK(text_before_stop("one two\n\nthree") == "one two");
  CHECK(text_before_stop("one ### Us ### User two END") == "one ### Us ");
  CHECK(text_before_stop("END") == "");
  CHECK(text_before_stop("EN\n# ##") == "EN\n# ##");  // only the beginnings of some
  TextStream stream(tokenizer, stops);
  for (const int32_t id : tokenizer.encode("go\n\non")) stream.push(id);
  CHECK(stream.stopped());
  CHECK(stream.finish() == "");
  CHECK(stream.text() == "go");
}

TEST_CASE("text stream: special tokens give no text") {
  const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
  CHECK(joined(parts_of(tokenizer, "a<|im_end|>b", {})) == "ab");
}

TEST_CASE("stop_overlap: the longest beginning that a text ends with") {
  const Strings stops{"abcd", "cx"};
  CHECK(stop_overlap("xxabc", stops) == 3);
  CHECK(stop_overlap("xxab", stops) == 2);
  CHECK(stop_overlap("xxc", stops) == 1);
  CHECK(stop_overlap("xxd", stops) == 0);
  CHECK(stop_overlap("", stops) == 0);
}

}  // namespace
}  // namespace hone
