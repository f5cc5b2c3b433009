// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/pretokenizer.h"

#include <doctest/doctest.h>

#include <random>

#include "data/unicode.h"
#include "tests/data/cpu_timer.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

using Words = std::vector<std::string_view>;

PreTokenizer from_text(std::string_view json) {
  return PreTokenizer::from_json(parse_json(json, {"t.json", ErrorCode::kModel}));
}

Words split(const PreTokenizer& pre_tokenizer, std::string_view text) {
  Words words;
  pre_tokenizer.split(text, words);
  return words;
}

Regex regex(std::string_view pattern) {
  return Regex::compile(pattern, Regex::Syntax::kPattern, "t.json: $.Regex");
}

Words split(const Regex& regex, std::string_view text) {
  Words words;
  regex.split(text, words);
  return words;
}

Words scan(std::string_view pattern, std::string_view text) {
  Words words;
  scan_words(known_word_rules(pattern).value(), text, words);
  return words;
}

// Characters whose classes PCRE2's edition of Unicode sees as we do.
class CommonCharacters {
 public:
  CommonCharacters() {
    const std::pair<CharClass, Regex> classes[] = {{kLetter, regex("\\p{L}")},
                                                   {kMark, regex("\\p{M}")},
                                                   {kNumber, regex("\\p{N}")},
                                                   {kSpace, regex("\\s")}};
    for (char32_t c = 1; c < 0x20000; ++c) {
      if (c >= 0xD800 && c < 0xE000) continue;
      std::string pair = "-";  // a match cuts it in two, as no class has '-' in it
      append_utf8(pair, c);
      bool same = true;
      for (const auto& [bit, pattern] : classes)
        same &= (split(pattern, pair).size() == 2) == ((CharTable::instance()[c] & bit) != 0);
      if (same) characters_.push_back(c);
    }
  }

  const std::vector<char32_t>& all() const { return characters_; }

 private:
  std::vector<char32_t> characters_;
};

std::string random_text(std::mt19937& random, const std::vector<char32_t>& characters) {
  static const std::vector<std::string> kPieces = {
      " ",   "  ",      "\n",     "\r\n",   "\t", "\u00a0", "\u3000", "'",  "'s",
      "'LL", "'\u017f", "'re",    "'v",     "ab", "Z",      ".",      "--", "1",
      "234", "\u00bd",  "\u0301", "\u4e2d", "_",  "\u00e9", "'D"};
  std::string text;
  const size_t length = random() % 40;
  for (size_t i = 0; i < length; ++i) {
    if (random() % 3 == 0) {
      append_utf8(text, characters[random() % characters.size()]);
    } else {
      text += kPieces[random() % kPieces.size()];
    }
  }
  return text;
}

TEST_CASE("word scanner: cuts as PCRE2 does with the pattern") {
  const CommonCharacters common;
  CHECK(common.all().size() > 120'000);
  for (const std::string_view pattern :
       {kGpt2Pattern, kQwen2Pattern, kLlama3Pattern, kQwen35Pattern}) {
    CAPTURE(pattern);
    const Regex oracle = regex(pattern);
    std::mt19937 random(5);
    int64_t different = 0;
    for (int i = 0; i < 20'000; ++i) {
      const std::string text = random_text(random, common.all());
      if (scan(pattern, text) == split(oracle, text)) continue;
      if (++different == 1) CHECK(scan(pattern, text) == split(oracle, text));
    }
    CHECK(different == 0);
  }
}

TEST_CASE("word scanner: what the patterns are known for") {
  CHECK(scan(kGpt2Pattern, "it's IT'S  12 3\n\nx") ==
        Words{"it", "'s", " IT", "'", "S", " ", " 12", " 3", "\n", "\n", "x"});
  CHECK(scan(kQwen2Pattern, "it's IT'S  12\n\n x") ==
        Words{"it", "'s", " IT", "'S", " ", " ", "1", "2", "\n\n", " x"});
  CHECK(scan(kLlama3Pattern, "1234567.5") == Words{"123", "456", "7", ".", "5"});
  CHECK(scan(kQwen2Pattern, "e\u0301a") == Words{"e", "\u0301a"});
  CHECK(scan(kQwen35Pattern, "e\u0301a") == Words{"e\u0301a"});
  CHECK(scan(kQwen35Pattern, "a   b") == Words{"a", "  ", " b"});
  CHECK(scan(kQwen35Pattern, "...\n\n!") == Words{"...\n\n", "!"});
  CHECK(scan(kQwen35Pattern, "").empty());
  CHECK_FALSE(known_word_rules(std::string(kQwen35Pattern) + " "));
}

TEST_CASE("word scanner: long runs take linear time") {
  const CpuTimer timer;
  for (const char c : {'a', ' ', '\n', '.', '1', '\''})
    CHECK(scan(kQwen35Pattern, std::string(1'000'000, c)).size() >= 1);
  CHECK(timer.seconds() < 2);
}

TEST_CASE("regex: cuts before and after matches, empty ones too") {
  CHECK(split(regex("b+"), "abbc") == Words{"a", "bb", "c"});
  CHECK(split(regex("x"), "abc") == Words{"abc"});
  CHECK(split(regex("(?=\u00e9)"), "a\u00e9\u00e9") == Words{"a", "\u00e9", "\u00e9"});
  CHECK(split(regex("b*"), "abb") == Words{"a", "bb"});
  CHECK(split(regex("x"), "").empty());
}

TEST_CASE("regex: a long match that needs many steps is found") {
  const std::string run(50'000, 'a');
  const std::string text = "-" + run + "b" + run;
  CHECK(split(regex("(?:a|x)+b"), text.substr(0, 50'002)) == Words{"-", run + "b"});
  CHECK(split(regex("(?:a|x)+"), text) == Words{"-", run, "b", run});
}

TEST_CASE("regex: full matches") {
  CHECK(regex("a|ab").full_match("ab"));
  CHECK_FALSE(regex("a|ab").full_match("abc"));
  CHECK_FALSE(regex("b").full_match("ab"));
  CHECK(regex("").full_match(""));
  const std::string text = std::string(50'000, 'a') + "b";
  check_contains(error_of(ErrorCode::kModel, [&] { regex("(a+)+").full_match(text); }),
                 "backtracks too much");
}

TEST_CASE("regex: one that does not compile says why and where") {
  CHECK(error_of(ErrorCode::kModel, [] { regex("a(b"); }) ==
        "t.json: $.Regex: the regular expression \"a(b\" does not compile: missing closing "
        "parenthesis at offset 3");
}

TEST_CASE("regex: catastrophic backtracking is an error within a second") {
  const std::string text = std::string(100'000, 'a') + "bc";
  for (const char* pattern : {"(a+)+$", "(?:a|aa)+$", "(?:a|x)+c"}) {
    CAPTURE(pattern);
    const Regex catastrophic = regex(pattern);
    const CpuTimer timer;
    const std::string message = error_of(ErrorCode::kModel, [&] { split(catastrophic, text); });
    CHECK(timer.seconds() < 1);
    CHECK(message.find("t.json: $.Regex: matching the pattern against a text of 100002 bytes") ==
          0);
    CHECK(message.find("backtracks too much") != std::string::npos);
  }
}

TEST_CASE("pre-tokenizer: stages work on the pieces of the stage before") {
  const PreTokenizer p = from_text(R"({"type": "Sequence", "pretokenizers": [
      {"type": "Split", "pattern": {"String": "a.c"}, "behavior": "Isolated", "invert": false},
      {"type": "Split", "pattern": {"Regex": "^."}, "behavior": "Isolated", "invert": false},
      {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})");
  CHECK(split(p, "xya.cz") == Words{"x", "y", "a", ".c", "z"});
  CHECK(split(p, "abc") == Words{"a", "bc"});
  CHECK(split(p, "").empty());
}

TEST_CASE("pre-tokenizer: ByteLevel brings GPT-2's pattern") {
  const PreTokenizer p = from_text(R"({"type": "ByteLevel", "add_prefix_space": false})");
  CHECK(split(p, "a bc's") == Words{"a", " bc", "'s"});
}

TEST_CASE("pre-tokenizer: what hone cannot do is named with its place") {
  const auto error = [](std::string_view json) {
    return error_of(ErrorCode::kModel, [&] { from_text(json); });
  };
  CHECK(error(R"({"type": "Metaspace"})") ==
        "t.json: $.type: expected one of the pre-tokenizers that hone knows: Sequence, Split, "
        "ByteLevel, found \"Metaspace\"");
  CHECK(error(R"({"type": "Sequence", "pretokenizers": [{"type": "Split", "behavior": "Isolated",
                  "pattern": {"Regex": "["}}]})")
            .find("t.json: $.pretokenizers[0].pattern.Regex: the regular expression") == 0);
  CHECK(error(R"({"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Removed"})")
            .find("t.json: $.behavior: expected \"Isolated\"") == 0);
  CHECK(error(R"({"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Isolated"})")
            .find("t.json: $: expected a ByteLevel stage at the end") == 0);
  CHECK(error(R"({"type": "ByteLevel", "add_prefix_space": true})")
            .find("t.json: $: expected add_prefix_space false") == 0);
  CHECK(error(R"({"type": "Sequence", "pretokenizers": [
                  {"type": "ByteLevel", "add_prefix_space": false},
                  {"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Isolated"}]})")
            .find("t.json: $.pretokenizers[1]: expected nothing behind") == 0);
}

}  // namespace
}  // namespace hone
