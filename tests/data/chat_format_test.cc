// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_format.h"

#include <doctest/doctest.h>

#include "data/chat_mask.h"
#include "data/conversation.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

const Tokenizer& tokenizer() {
  static const Tokenizer t = Tokenizer::load("data/quickstart");
  return t;
}

Json assistant(std::string_view content, std::string_view reasoning) {
  Json message = chat_message("assistant", content);
  message["reasoning_content"] = reasoning;
  return message;
}

Conversation chat_of(std::initializer_list<Json> messages) {
  Conversation conversation;
  for (const Json& message : messages) conversation.messages.push_back(message);
  conversation.where = "a.jsonl:1";
  return conversation;
}

Json user(std::string_view content) { return chat_message("user", content); }
Json assistant(std::string_view content) { return chat_message("assistant", content); }

std::vector<std::string> learned_text(const Conversation& conversation) {
  const RenderedChat chat = render_qwen3_5_chat(conversation);
  std::vector<std::string> parts;
  for (const ByteRange& r : learned_ranges(chat, conversation, {.eos_token = "<|im_end|>"}))
    parts.push_back(chat.text.substr(r.begin, r.size()));
  return parts;
}

TEST_CASE("render_qwen3_5_chat: the official form, with an empty think block in the last turn") {
  const Conversation messages = chat_of({user("Hi"), assistant("Hello")});
  CHECK(render_qwen3_5_chat(messages).text ==
        "<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\nHello<|im_end|>\n");
  CHECK(learned_text(messages) == std::vector<std::string>{"Hello<|im_end|>"});
}

TEST_CASE("render_qwen3_5_chat: earlier turns lose their thoughts") {
  const Conversation messages =
      chat_of({chat_message("system", "Be brief."), user("Hi"),
               assistant("<think>\nr1\n</think>\n\nHello"), user("2+2?"), assistant("4")});
  CHECK(render_qwen3_5_chat(messages).text ==
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\n2+2?<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n4<|im_end|>\n");
  CHECK(learned_text(messages) == std::vector<std::string>{"Hello<|im_end|>", "4<|im_end|>"});
}

TEST_CASE("render_qwen3_5_chat: thoughts of the last turn are learned, however they came") {
  const std::string expected =
      "<|im_start|>user\nq<|im_end|>\n"
      "<|im_start|>assistant\n<think>\nhm\n</think>\n\na<|im_end|>\n";
  const std::vector<std::string> learned = {"hm\n</think>\n\na<|im_end|>"};
  for (const Json& answer : {assistant("a", " hm \n"), assistant("<think>\nhm\n</think>\n\na"),
                             assistant("hm</think>\na")}) {
    const Conversation messages = chat_of({user("q"), answer});
    CHECK(render_qwen3_5_chat(messages).text == expected);
    CHECK(learned_text(messages) == learned);
  }
}

TEST_CASE("render_qwen3_5_chat: white space around messages goes, Unicode's too") {
  const Conversation messages =
      chat_of({user("\xe3\x80\x80 Hi\xc2\xa0\n"), assistant("\x1c\xe2\x80\x83x  y\xc2\x85")});
  CHECK(render_qwen3_5_chat(messages).text ==
        "<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\nx  y<|im_end|>\n");
}

TEST_CASE("render_qwen3_5_chat: what cannot be rendered") {
  const auto rejected = [](std::initializer_list<Json> messages) {
    return error_of(ErrorCode::kDataset, [&] { render_qwen3_5_chat(chat_of(messages)); });
  };
  check_contains(rejected({}), "a.jsonl:1: expected a list of at least one message");
  check_contains(rejected({assistant("a")}), "no message with role \"user\"");
  check_contains(rejected({user("q"), chat_message("system", "s")}),
                 "a.jsonl:1: message 1: role \"system\" is only possible for the first");
  check_contains(rejected({user("q"), chat_message("gpt\x1b", "s")}),
                 "message 1: role is \"gpt\\x1b\", expected");
}

TEST_CASE("check_qwen3_5_marks: a tokenizer without them is refused") {
  CHECK_NOTHROW(check_qwen3_5_marks(tokenizer()));
  const Tokenizer other = Tokenizer::load("tests/goldens/tokenizer/llama3.json");
  check_contains(error_of(ErrorCode::kModel, [&] { check_qwen3_5_marks(other); }),
                 "<|im_start|> is not one of its added tokens");
}

}  // namespace
}  // namespace hone
