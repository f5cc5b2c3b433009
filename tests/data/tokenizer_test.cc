// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer.h"

#include <doctest/doctest.h>

#include <random>
#include <thread>

#include "data/file.h"
#include "data/json.h"
#include "data/unicode.h"
#include "tests/data/cpu_timer.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

using Ids = std::vector<int32_t>;

const std::string kQuickstart = "data/quickstart/tokenizer.json";

Ids read_ids(const JsonValue& json) {
  Ids ids;
  for (const JsonValue& id : json.elements()) ids.push_back(static_cast<int32_t>(id.as_int()));
  return ids;
}

TEST_CASE("tokenizer: ids and text of difficult strings are those of tokenizers") {
  const JsonValue expected = load_json("tests/goldens/tokenizer/expected.json");
  CHECK(expected.members().size() == 3);
  for (const auto& [path, golden] : expected.members()) {
    CAPTURE(path);
    const Tokenizer tokenizer = Tokenizer::load(path);
    CHECK(golden.at("texts").size() > 100);
    for (const JsonValue& item : golden.at("texts").elements()) {
      const std::string text = item.get_string("text");
      CAPTURE(text);
      const Ids ids = tokenizer.encode(text);
      CHECK(ids == read_ids(item.at("ids")));
      CHECK(tokenizer.encode(text, /*add_special_tokens=*/true) ==
            read_ids(item.at("special_ids")));
      CHECK(tokenizer.decode(ids) == item.get_string("decoded"));
      CHECK(tokenizer.decode(ids, /*skip_special_tokens=*/true) == item.get_string("skipped"));
    }
    for (const JsonValue& item : golden.at("ids").elements())
      CHECK(tokenizer.decode(read_ids(item.at("ids"))) == item.get_string("decoded"));
  }
}

TEST_CASE("tokenizer: a directory, tokens and ids") {
  const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
  CHECK(tokenizer.vocab_size() == 1024);
  const auto id = tokenizer.token_to_id("<|im_end|>");
  REQUIRE(id);
  CHECK(tokenizer.id_to_token(*id) == "<|im_end|>");
  CHECK(tokenizer.is_special(*id));
  CHECK_FALSE(tokenizer.is_special(tokenizer.token_to_id("<think>").value()));
  CHECK(tokenizer.token_to_id("\u0120the"));
  CHECK_FALSE(tokenizer.token_to_id(" the"));
  CHECK(tokenizer.id_to_token(1024).empty());
  CHECK(tokenizer.id_to_token(-1).empty());
  CHECK(tokenizer.decode(Ids{2000, *id, -5}) == "<|im_end|>");
  CHECK(tokenizer.encode("").empty());
}

TEST_CASE("tokenizer: decoding an encoded text gives its NFC") {
  const Tokenizer tokenizer = Tokenizer::load(kQuickstart);
  std::mt19937 random(17);
  for (int i = 0; i < 2000; ++i) {
    std::string text, storage;
    for (size_t n = random() % 40; n > 0; --n) {
      const char32_t c = random() % (i % 2 == 0 ? 0x800 : 0x110000);
      if (c < 0xD800 || c >= 0xE000) append_utf8(text, c);
    }
    const std::string expected(nfc(text, storage));
    if (tokenizer.decode(tokenizer.encode(text)) != expected)
      CHECK(tokenizer.decode(tokenizer.encode(text)) == expected);
  }
}

TEST_CASE("tokenizer: threads that share one get the same ids") {
  const Tokenizer tokenizer = Tokenizer::load(kQuickstart);
  std::mt19937 random(23);
  std::vector<std::string> texts(200);
  for (std::string& text : texts)
    for (int n = 0; n < 100; ++n) text += "etaoin shrdlu .\n7"[random() % 17];
  std::vector<Ids> expected;
  for (const std::string& text : texts) expected.push_back(tokenizer.encode(text));
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (int& count : wrong)
    threads.emplace_back([&] {
      for (int round = 0; round < 5; ++round)
        for (size_t i = 0; i < texts.size(); ++i)
          count += tokenizer.encode(texts[i]) != expected[i];
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4));
}

TEST_CASE("tokenizer: one word of a million characters takes less than two seconds") {
  const Tokenizer tokenizer = Tokenizer::load(kQuickstart);
  for (const char* unit : {"a", "\u4e2d", "the"}) {
    std::string word;
    while (word.size() < 1'000'000) word += unit;
    const CpuTimer timer;
    const Ids ids = tokenizer.encode(word);
    CHECK(timer.seconds() < 2);
    CHECK(tokenizer.decode(ids) == word);
  }
}

TEST_CASE("tokenizer: a text that is not UTF-8 is an error") {
  const Tokenizer tokenizer = Tokenizer::load(kQuickstart);
  CHECK(error_of(ErrorCode::kDataset, [&] { tokenizer.encode("ab\xFFz"); }) ==
        "tokenizer: the text is not UTF-8 at byte 2 of 4");
}

// A small valid file, and what loading it says after a part of it has been replaced.
class BrokenFile {
 public:
  std::string error(const std::string& part, const std::string& replacement) const {
    std::string text = kValid;
    const size_t at = text.find(part);
    REQUIRE(at != std::string::npos);
    text.replace(at, part.size(), replacement);
    write_file(path_, text);
    std::string message = error_of(ErrorCode::kModel, [&] { Tokenizer::load(path_); });
    REQUIRE(message.starts_with(path_ + ": $"));
    return message.substr(path_.size() + 2);
  }

  Ids ids(const std::string& part, const std::string& replacement, std::string_view text) const {
    std::string json = kValid;
    json.replace(json.find(part), part.size(), replacement);
    write_file(path_, json);
    return Tokenizer::load(path_).encode(text);
  }

 private:
  static constexpr const char* kValid = R"({
  "added_tokens": [{"id": 4, "content": "<s>", "special": true}],
  "normalizer": {"type": "NFC"},
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "special_tokens": {"<s>": {"id": "<s>", "ids": [4], "tokens": ["<s>"]}}},
  "decoder": {"type": "ByteLevel"},
  "model": {"type": "BPE", "dropout": null, "byte_fallback": false, "ignore_merges": false,
    "vocab": {"a": 0, "b": 1, "ab": 2, "c": 3},
    "merges": [["a", "b"]]}})";

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "tokenizer.json";
};

TEST_CASE("tokenizer: both spellings of merges") {
  const BrokenFile file;
  CHECK(file.ids(R"(["a", "b"])", R"("a b")", "abc") == Ids{2, 3});
  CHECK(file.ids(R"(["a", "b"])", R"(["a", "b"])", "abc<s>") == Ids{2, 3, 4});
}

TEST_CASE("tokenizer: inconsistent models are rejected with file and path") {
  const BrokenFile file;
  CHECK(file.error(R"([["a", "b"]])", R"([["a", "b"], ["a", "x"]])") ==
        "$.model.merges[1]: token \"x\" is not in the vocabulary");
  CHECK(file.error(R"(["a", "b"])", R"(["b", "a"])") ==
        "$.model.merges[0]: token \"ba\" is not in the vocabulary");
  for (const char* merge :
       {R"("ab")", R"("a b c")", R"(["a", "b", "c"])", R"(["a", 1])", "7", "null"})
    CHECK(file.error(R"(["a", "b"])", merge)
              .starts_with("$.model.merges[0]: expected two tokens, [\"a\", \"b\"] or \"a b\" with "
                           "one space, found "));
  CHECK(file.error(R"("b": 1)", R"("b": 0)") ==
        "$.model.vocab[\"b\"]: id 0 belongs to \"a\" already");
  for (const char* id :
       {"-1", "2147483648", "4194304", "18446744073709551615", "1.0", "\"1\"", "null"})
    CHECK(file.error(R"("b": 1)", std::string("\"b\": ") + id)
              .starts_with("$.model.vocab[\"b\"]: expected an integer in [0, 4194303], found "));
  CHECK(file.error(R"("b": 1)", R"("b": 1, "": 9)") == "$.model.vocab[\"\"]: an empty token");
  CHECK(file.error(R"({"a": 0, "b": 1, "ab": 2, "c": 3})", "[]")
            .starts_with("$.model.vocab: expected an object"));
  CHECK(file.error(R"([["a", "b"]])", "{}").starts_with("$.model.merges: expected a list"));
  CHECK(file.error(R"("byte_fallback": false)", R"("byte_fallback": true)")
            .starts_with("$.model.byte_fallback: expected false"));
  CHECK(file.error(R"("dropout": null)", R"("dropout": 0.1)")
            .starts_with("$.model.dropout: expected null or 0"));
  CHECK(file.error(R"("type": "BPE")", R"("type": "Unigram")")
            .starts_with("$.model.type: expected \"BPE\""));
}

TEST_CASE("tokenizer: a hole in the ids is only a hole") {
  const BrokenFile file;
  CHECK(file.ids(R"("c": 3)", R"("c": 900)", "abc") == Ids{2, 900});
}

TEST_CASE("tokenizer: what looks like a byte token of another kind is an ordinary token") {
  const BrokenFile file;
  for (const char* token : {"<0x-1>", "<0xZZ>", "<0x100>"})
    CHECK(file.ids(R"("c": 3)", std::string("\"c\": 3, \"<s>\": 4, \"") + token + "\": 5", "abc") ==
          Ids{2, 3});
}

TEST_CASE("tokenizer: unknown components are rejected by name") {
  const BrokenFile file;
  CHECK(file.error(R"("type": "NFC")", R"("type": "Lowercase")")
            .starts_with("$.normalizer.type: expected one of the normalizers that hone knows"));
  CHECK(file.error(R"({"type": "ByteLevel", "add)", R"({"type": "Digits", "add)")
            .starts_with("$.pre_tokenizer.type: expected one of the pre-tokenizers"));
  CHECK(file.error(R"("decoder": {"type": "ByteLevel"})", R"("decoder": {"type": "WordPiece"})")
            .starts_with("$.decoder.type: expected \"ByteLevel\""));
  CHECK(file.error(R"("TemplateProcessing")", R"("BertProcessing")")
            .starts_with("$.post_processor.type: expected one of the post-processors"));
  CHECK(file.error(R"("ids": [4])", R"("ids": [77])")
            .starts_with(
                "$.post_processor.special_tokens[\"<s>\"].ids[0]: expected the id of a token"));
  CHECK(file.error(R"({"type": "NFC"})", "7").starts_with("$.normalizer"));
}

TEST_CASE("tokenizer: added tokens that cannot be") {
  const BrokenFile file;
  const auto added = [&](const std::string& replacement) {
    return file.error(R"({"id": 4, "content": "<s>", "special": true})", replacement);
  };
  CHECK(added(R"({"id": 4, "content": ""})") ==
        "$.added_tokens[0].content: expected 1 to 1024 bytes, found 0");
  CHECK(added(R"({"id": 4, "content": ")" + std::string(1 << 20, 'x') + "\"}") ==
        "$.added_tokens[0].content: expected 1 to 1024 bytes, found 1048576");
  CHECK(added(R"({"id": 1, "content": "<s>"})") ==
        "$.added_tokens[0].id: id 1 belongs to \"b\" already");
  CHECK(added(R"({"id": 4, "content": "ab"})") ==
        "$.added_tokens[0].id: token \"ab\" has id 2 already, found 4");
  CHECK(added(R"({"id": 4, "content": "<s>"}, {"id": 4, "content": "<s>"})") ==
        "$.added_tokens[1].content: token \"<s>\" is listed twice");
  CHECK(added(R"({"id": -4, "content": "<s>"})")
            .starts_with("$.added_tokens[0].id: expected an integer in [0, 4194303], found -4"));
  CHECK(added(R"({"id": 7, "content": "<s>"})") ==
        "$.added_tokens[0].id: expected 4, the number of tokens before \"<s>\", found 7");
  CHECK(added(R"({"id": 4})").starts_with("$.added_tokens[0]"));
}

TEST_CASE("tokenizer: a hostile regular expression ends in an error within a second") {
  TemporaryDirectory directory;
  const std::string path = directory / "tokenizer.json";
  write_file(path, R"({"decoder": {"type": "ByteLevel"}, "model": {"vocab": {"a": 0}, "merges": []},
      "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated"},
        {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}})");
  const Tokenizer tokenizer = Tokenizer::load(path);
  CHECK(tokenizer.encode("aaa") == Ids{0, 0, 0});
  const CpuTimer timer;
  const std::string message =
      error_of(ErrorCode::kModel, [&] { tokenizer.encode(std::string(100'000, 'a') + "b"); });
  CHECK(timer.seconds() < 1);
  CHECK(message.starts_with(path + ": $.pre_tokenizer.pretokenizers[0].pattern.Regex: "));
}

}  // namespace
}  // namespace hone
