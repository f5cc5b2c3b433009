// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_format.h"

#include <doctest/doctest.h>

#include "tests/data/error_of.h"

namespace hone {
namespace {

const Tokenizer& tokenizer() {
  static const Tokenizer t = Tokenizer::load("data/quickstart");
  return t;
}

using Messages = std::vector<ChatMessage>;

// What the learned ranges hold.
std::vector<std::string> learned_text(const RenderedChat& chat) {
  std::vector<std::string> parts;
  for (const ByteRange& r : chat.learned)
    parts.push_back(chat.text.substr(r.begin, r.end - r.begin));
  return parts;
}

// The learned tokens, decoded run by run; "|" stands for each run that is not learned.
std::string mask_text(const EncodedChat& chat) {
  std::string text;
  for (size_t i = 0, end = 0; i < chat.ids.size(); i = end) {
    while (end < chat.ids.size() && chat.learned[end] == chat.learned[i]) ++end;
    text += chat.learned[i] ? tokenizer().decode(std::span(chat.ids).subspan(i, end - i)) : "|";
  }
  return text;
}

TEST_CASE("render_qwen3_5_chat: the official form, with an empty think block in the last turn") {
  const Messages messages = {{"user", "Hi", {}}, {"assistant", "Hello", {}}};
  const RenderedChat chat = render_qwen3_5_chat(messages);
  CHECK(chat.text ==
        "<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\nHello<|im_end|>\n");
  CHECK(learned_text(chat) == std::vector<std::string>{"Hello<|im_end|>"});
}

TEST_CASE("render_qwen3_5_chat: earlier turns lose their thoughts") {
  const Messages messages = {{"system", "Be brief.", {}},
                             {"user", "Hi", {}},
                             {"assistant", "<think>\nr1\n</think>\n\nHello", {}},
                             {"user", "2+2?", {}},
                             {"assistant", "4", {}}};
  const RenderedChat chat = render_qwen3_5_chat(messages);
  CHECK(chat.text ==
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\n2+2?<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n4<|im_end|>\n");
  CHECK(learned_text(chat) == std::vector<std::string>{"Hello<|im_end|>", "4<|im_end|>"});
}

TEST_CASE("render_qwen3_5_chat: thoughts of the last turn are learned, however they came") {
  const std::string expected =
      "<|im_start|>user\nq<|im_end|>\n"
      "<|im_start|>assistant\n<think>\nhm\n</think>\n\na<|im_end|>\n";
  const std::vector<std::string> learned = {"hm\n</think>\n\na<|im_end|>"};
  for (const ChatMessage& answer : {ChatMessage{"assistant", "a", " hm \n"},
                                    ChatMessage{"assistant", "<think>\nhm\n</think>\n\na", {}},
                                    ChatMessage{"assistant", "hm</think>\na", {}}}) {
    const Messages messages = {{"user", "q", {}}, answer};
    const RenderedChat chat = render_qwen3_5_chat(messages);
    CHECK(chat.text == expected);
    CHECK(learned_text(chat) == learned);
  }
}

TEST_CASE("render_qwen3_5_chat: white space around messages goes, Unicode's too") {
  const Messages messages = {{"user", "\xe3\x80\x80 Hi\xc2\xa0\n", {}},
                             {"assistant", "\x1c\xe2\x80\x83x  y\xc2\x85", {}}};
  CHECK(render_qwen3_5_chat(messages).text ==
        "<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\nx  y<|im_end|>\n");
}

TEST_CASE("render_qwen3_5_chat: what cannot be rendered") {
  const auto rejected = [](const Messages& messages) {
    return error_of(ErrorCode::kDataset, [&] { render_qwen3_5_chat(messages); });
  };
  check_contains(rejected({}), "no message with role \"user\"");
  check_contains(rejected({{"assistant", "a", {}}}), "no message with role \"user\"");
  check_contains(rejected({{"user", "q", {}}, {"system", "s", {}}}),
                 "message 1: role \"system\" is only possible for the first");
  check_contains(rejected({{"user", "q", {}}, {"gpt\x1b", "s", {}}}),
                 "message 1: role is \"gpt\\x1b\", expected");
}

TEST_CASE("check_qwen3_5_marks: a tokenizer without them is refused") {
  CHECK_NOTHROW(check_qwen3_5_marks(tokenizer()));
  const Tokenizer other = Tokenizer::load("tests/goldens/tokenizer/llama3.json");
  check_contains(error_of(ErrorCode::kModel, [&] { check_qwen3_5_marks(other); }),
                 "<|im_start|> is not one of its added tokens");
}

TEST_CASE("encode_chat: the ids are those of the whole text, the mask follows the ranges") {
  const Messages messages = {{"system", "S", {}},
                             {"user", "one 12", {}},
                             {"assistant", "first.", {}},
                             {"user", "two\n\nlines!", {}},
                             {"assistant", "second \xc3\xa9!", {}}};
  const RenderedChat chat = render_qwen3_5_chat(messages);
  const EncodedChat encoded = encode_chat(tokenizer(), chat);
  CHECK(encoded.ids == tokenizer().encode(chat.text));
  CHECK(encoded.learned.size() == encoded.ids.size());
  CHECK(mask_text(encoded) == "|first.<|im_end|>|second \xc3\xa9!<|im_end|>|");
}

TEST_CASE("encode_chat: a border inside a word leaves the tokens alone") {
  // The border lies inside one token of the whole text.
  const std::string text = "abc hello world";
  const std::vector<int32_t> whole = tokenizer().encode(text);
  for (size_t border = 1; border < text.size(); ++border) {
    CAPTURE(border);
    const EncodedChat encoded = encode_chat(tokenizer(), {text, {{border, text.size()}}});
    CHECK(encoded.ids == whole);
    REQUIRE(encoded.learned.size() == whole.size());
    // Learned is a tail, and what is not learned lies before the border.
    size_t unlearned = 0;
    while (unlearned < whole.size() && !encoded.learned[unlearned]) ++unlearned;
    for (size_t i = unlearned; i < whole.size(); ++i) CHECK(encoded.learned[i] == 1);
    CHECK(unlearned < whole.size());
    CHECK(tokenizer().decode(std::span(whole).first(unlearned)).size() <= border);
  }
}

TEST_CASE("encode_chat: no range, and ranges that touch the ends of the text") {
  CHECK(mask_text(encode_chat(tokenizer(), {"a b", {}})) == "|");
  CHECK(mask_text(encode_chat(tokenizer(), {"a b", {{0, 3}}})) == "a b");
  CHECK_THROWS_AS(encode_chat(tokenizer(), {"a b", {{1, 4}}}), Error);
  CHECK_THROWS_AS(encode_chat(tokenizer(), {"a b", {{1, 2}, {0, 1}}}), Error);
}

}  // namespace
}  // namespace hone
