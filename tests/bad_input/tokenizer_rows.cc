// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// tokenizer.json. Variants: tests/data/tokenizer_test.cc.
#include "data/file.h"
#include "data/tokenizer.h"
#include "tests/bad_input/bad_input.h"

namespace hone::bad_input {
namespace {

constexpr const char* kByteLevel =
    R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": true})";
constexpr const char* kAddedToken = R"({"id": 4, "content": "<s>", "special": true})";

std::string valid() {
  return std::string(R"({"added_tokens": [)") + kAddedToken +
         R"(], "normalizer": {"type": "NFC"}, "pre_tokenizer": )" + kByteLevel +
         R"(, "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE",
              "vocab": {"a": 0, "b": 1, "ab": 2, "c": 3}, "merges": [["a", "b"]]}})";
}

// A good file with one piece of its text replaced, which then encodes `text`.
Row with(const char* id, const char* what, const std::string& from, const std::string& to,
         const char* message, const std::string& text = "abc") {
  return {id, what, message[0] == '\0' ? 0 : kModel, message,
          [from, to, text](const std::string& dir) {
            std::string json = valid();
            check(json.find(from) != std::string::npos, from);
            write_file(dir + "/tokenizer.json", json.replace(json.find(from), from.size(), to));
            Tokenizer::load(dir).encode(text);
          }};
}

Row with_regex(const char* id, const char* what, const std::string& regex, const char* message,
               const std::string& text = "abc") {
  return with(id, what, kByteLevel,
              R"({"type": "Sequence", "pretokenizers": [{"type": "Split", "behavior": "Isolated",
                  "pattern": {"Regex": ")" +
                  regex + R"("}}, )" + kByteLevel + "]}",
              message, text);
}

}  // namespace

Rows tokenizer_rows() {
  const std::string b = R"("b": 1)", merge = R"(["a", "b"])";
  return {
      with("39", "a merge of a token that is not there", merge, R"(["a", "x"])",
           "DIR/tokenizer.json: $.model.merges[0]: token \"x\" is not in the vocabulary"),
      with("40", "one id for two tokens", b, R"("b": 0)",
           "DIR/tokenizer.json: $.model.vocab[\"b\"]: id 0 belongs to \"a\" already"),
      with("40b", "an id of 2^31", b, R"("b": 2147483648)",
           "DIR/tokenizer.json: $.model.vocab[\"b\"]: expected an integer in [0, 4194303], found "
           "2147483648"),
      with("40c", "a negative id", b, R"("b": -1)",
           "DIR/tokenizer.json: $.model.vocab[\"b\"]: expected an integer in [0, 4194303], found "
           "-1"),
      with("40d", "legal: a hole in the ids", R"("c": 3)", R"("c": 900)", ""),
      with("41", "a merge without a space", merge, R"("ab")",
           "DIR/tokenizer.json: $.model.merges[0]: expected two tokens, [\"a\", \"b\"] or \"a b\" "
           "with one space, found \"ab\""),
      with("41b", "a merge with two spaces", merge, R"("a b c")",
           "DIR/tokenizer.json: $.model.merges[0]: expected two tokens, [\"a\", \"b\"] or \"a b\" "
           "with one space, found \"a b c\""),
      with("41c", "a merge of three", merge, R"(["a", "b", "c"])",
           "DIR/tokenizer.json: $.model.merges[0]: expected two tokens, [\"a\", \"b\"] or \"a b\" "
           "with one space, found [\"a\",\"b\",\"c\"]"),
      with("42", "legal: what looks like SentencePiece's byte tokens is an ordinary token",
           R"("c": 3)", R"("c": 3, "<s>": 4, "<0x-1>": 5, "<0xZZ>": 6, "<0x100>": 7)", ""),
      with("42b", "byte tokens of SentencePiece", R"("type": "BPE")",
           R"("type": "BPE", "byte_fallback": true)",
           "DIR/tokenizer.json: $.model.byte_fallback: expected false (hone reads byte-level BPE, "
           "not SentencePiece's kind), found true"),
      with_regex("43", "a pattern that does not compile", "(a",
                 "DIR/tokenizer.json: $.pre_tokenizer.pretokenizers[0].pattern.Regex: the regular "
                 "expression \"(a\" does not compile: missing closing parenthesis at offset 2"),
      with_regex("43b", "a pattern that backtracks without end", "(a+)+$",
                 "DIR/tokenizer.json: $.pre_tokenizer.pretokenizers[0].pattern.Regex: matching the "
                 "pattern against a text of 100001 bytes failed at byte 0: match limit exceeded. "
                 "The pattern backtracks too much to be usable; expected one that needs at most "
                 "5000000 steps and 32 more per byte",
                 std::string(100'000, 'a') + "b"),
      with("44", "an unknown pre-tokenizer", kByteLevel, R"({"type": "Digits"})",
           "DIR/tokenizer.json: $.pre_tokenizer.type: expected one of the pre-tokenizers that hone "
           "knows: Sequence, Split, ByteLevel, found \"Digits\""),
      with("44b", "an unknown normalizer", R"("type": "NFC")", R"("type": "Lowercase")",
           "DIR/tokenizer.json: $.normalizer.type: expected one of the normalizers that hone "
           "knows: NFC, Sequence, found \"Lowercase\""),
      with("44c", "an unknown decoder", R"("decoder": {"type": "ByteLevel"})",
           R"("decoder": {"type": "WordPiece"})",
           "DIR/tokenizer.json: $.decoder.type: expected \"ByteLevel\", the decoder of byte-level "
           "tokenizers, found \"WordPiece\""),
      with("45", "an added token without text", kAddedToken, R"({"id": 4, "content": ""})",
           "DIR/tokenizer.json: $.added_tokens[0].content: expected 1 to 1024 bytes, found 0"),
      with(
          "45b", "an added token of a megabyte", kAddedToken,
          R"({"id": 4, "content": ")" + std::string(1 << 20, 'x') + "\"}",
          "DIR/tokenizer.json: $.added_tokens[0].content: expected 1 to 1024 bytes, found 1048576"),
      with("45c", "an added token twice", kAddedToken,
           std::string(kAddedToken) + ", " + kAddedToken,
           "DIR/tokenizer.json: $.added_tokens[1].content: token \"<s>\" is listed twice"),
      with("45d", "legal: added tokens that overlap", kAddedToken,
           std::string(kAddedToken) + R"(, {"id": 5, "content": "<s><s"})", "", "a<s><sb<s>"),
      with("46", "legal: one word of a million characters", b, b, "", std::string(1'000'000, 'a')),
  };
}

}  // namespace hone::bad_input
