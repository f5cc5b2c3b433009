// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/train_detail.h"

#include <doctest/doctest.h>

#include <string>

#include "data/chat_mask.h"
#include "tests/data/builtin_writer.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

const Tokenizer& tokenizer() {
  static const Tokenizer t = Tokenizer::load("data/quickstart");
  return t;
}

// A question, and an answer with the detail.
Conversation chat(const std::string& content, const std::string& detail) {
  Conversation c;
  c.where = "rows.jsonl:7";
  c.messages.push_back(chat_message("user", "Who?"));
  c.messages.push_back(chat_message("assistant", content));
  c.messages.back()["train_detail"] = Json::parse(detail);
  return c;
}

std::string range(int64_t begin, int64_t end, bool train = true) {
  return "{\"begin_offset\": " + std::to_string(begin) +
         ", \"end_offset\": " + std::to_string(end) + ", \"train\": " + (train ? "true" : "false") +
         "}";
}

// What is learned of the rendered conversation, the parts in [].
std::string learned(const Conversation& c, const std::string& name = "chatml",
                    const MaskOptions& options = {.eos_token = "<|im_end|>"}) {
  const RenderedChat rendered = builtin_writer(tokenizer(), name)(c);
  std::string text;
  for (const ByteRange& r : learned_ranges(rendered, c, options))
    text += "[" + rendered.text.substr(r.begin, r.size()) + "]";
  return text;
}

TEST_CASE("train_detail: characters, both ends included, and the end mark") {
  CHECK(learned(chat("abcdef", "[" + range(0, 1) + "," + range(4, 4) + "]")) ==
        "[ab][e][<|im_end|>]");
  CHECK(learned(chat("abcdef", "[" + range(4, 5) + "," + range(0, 3, false) + "]")) ==
        "[ef<|im_end|>]");
  // Code points, not bytes.
  CHECK(learned(chat("aé€😀z", "[" + range(1, 3) + "]")) == "[é€😀][<|im_end|>]");
  // Space that a template takes off the ends does not move them.
  CHECK(learned(chat("  abc  ", "[" + range(0, 3) + "]"), "qwen3_5_nothink") == "[ab][<|im_end|>]");
  // A list of nothing to learn, an empty one, none.
  CHECK(learned(chat("abc", "[" + range(0, 2, false) + "]")) == "[<|im_end|>]");
  CHECK(learned(chat("abc", "[]")).empty());
  CHECK(learned(chat("abc", "null")) == "[abc<|im_end|>]");
}

TEST_CASE("train_detail: train comes first, and every role can have one") {
  Conversation c = chat("abc", "[" + range(0, 0) + "]");
  c.messages[1]["train"] = false;
  CHECK(learned(c).empty());
  c.messages[1]["train"] = true;
  CHECK(learned(c) == "[a][<|im_end|>]");
  c.messages[0]["train_detail"] = Json::parse("[" + range(1, 2) + "]");
  CHECK(learned(c) == "[ho][<|im_end|>][a][<|im_end|>]");
  MaskOptions options{.train_on_eos = TrainOnMark::kNone, .eos_token = "<|im_end|>"};
  CHECK(learned(c, "chatml", options) == "[ho][a]");
}

TEST_CASE("train_detail: thoughts in front of the answer keep its characters in their places") {
  // The template writes the thoughts, then the rest of the content.
  const std::string content = "<think>\nhm\n</think>\n\nyes, so";
  const auto at = static_cast<int64_t>(content.find("yes"));
  CHECK(learned(chat(content, "[" + range(at, at + 2) + "]"), "qwen3_5_nothink") ==
        "[yes][<|im_end|>]");
  // Thoughts of earlier turns are left out.
  Conversation c = chat(content, "[" + range(8, 9) + "," + range(at, at + 2) + "]");
  c.messages.push_back(chat_message("user", "Sure?"));
  CHECK(learned(c, "qwen3_5_nothink") == "[yes][<|im_end|>]");
  c.messages[1]["train_detail"] = Json::parse("[" + range(8, 9) + "]");
  check_contains(error_of(ErrorCode::kDataset, [&] { learned(c, "qwen3_5_nothink"); }),
                 "rows.jsonl:7: message 1: the template leaves out, or rewrites, all that its "
                 "train_detail has to be learned");
}

TEST_CASE("train_detail: what is none") {
  const auto error = [](const std::string& content, const std::string& detail) {
    return error_of(ErrorCode::kDataset, [&] { learned(chat(content, detail)); });
  };
  CHECK(
      error("abc", "[" + range(0, 3) + "]") ==
      "rows.jsonl:7: message 1: train_detail: from character 0 to 3 in a content of 3; characters "
      "count from 0, and both ends are included");
  check_contains(error("abc", "[" + range(-1, 1) + "]"), "from character -1 to 1");
  check_contains(error("abc", "[" + range(2, 1) + "]"), "from character 2 to 1");
  check_contains(error("abc", "[" + range(0, 1) + "," + range(1, 2, false) + "]"),
                 "two of its ranges have character 1; both ends of a range are included");
  check_contains(error("abc", "3"), "train_detail: expected a list");
  for (const char* entry : {"[3]", "[{}]", R"([{"begin_offset": 0, "end_offset": 1}])",
                            R"([{"begin_offset": 0.5, "end_offset": 1, "train": true}])",
                            R"([{"begin_offset": 0, "end_offset": 1, "train": 1}])"})
    check_contains(error("abc", entry), "expected a list of {\"begin_offset\": integer");
  Conversation parts = chat("abc", "[" + range(0, 0) + "]");
  parts.messages[1]["content"] = Json::parse(R"([{"type": "text", "text": "abc"}])");
  check_contains(error_of(ErrorCode::kDataset, [&] { learned(parts, "qwen3_5_nothink"); }),
                 "the content is not a text");
}

}  // namespace
}  // namespace hone
