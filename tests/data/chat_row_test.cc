// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_row.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "data/conversation.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

RowFields fields_of_messages() {
  RowFields fields;
  fields.format = RowFormat::kMessages;
  return fields;
}

// The second of two messages: an answer with these properties.
Json answer(const std::string& properties, const RowFields& fields) {
  const std::string row = R"({"messages": [{"role": "user", "content": "<think>x</think>y"},
                              {"role": "assistant", )" +
                          properties + "}]}";
  const Conversation c =
      read_conversation(parse_json(row, {"rows.jsonl:3", ErrorCode::kDataset}), fields);
  CHECK(c.messages[0]["content"] == "<think>x</think>y");  // only answers are split
  return c.messages[1];
}

TEST_CASE("read_conversation: split_thinking moves the reasoning out of answers") {
  RowFields fields = fields_of_messages();
  fields.split_thinking = "reasoning_content";
  const auto split = [&](const std::string& content) {
    const Json message = answer("\"content\": \"" + content + "\"", fields);
    return message.value("reasoning_content", "(none)") + "|" + message.value("content", "(none)");
  };
  CHECK(split(R"(<think>\n so \n</think>\n\nYes. )") == "so|Yes. ");
  CHECK(split(R"(<reasoning>a</reasoning> b)") == "a|b");
  CHECK(split(R"(<|begin_of_thought|>\na\n<|end_of_thought|>\n\n<|begin_of_solution|> b )"
              R"(<|end_of_solution|> c)") == "a|b");
  CHECK(split(R"(<think>a</think><reasoning>b</reasoning>c)") == "a|<reasoning>b</reasoning>c");
  CHECK(split("<think></think>b") == "|b");
  // No pair, or one in the wrong order.
  CHECK(split("b") == "(none)|b");
  CHECK(split("<think>b") == "(none)|<think>b");
  CHECK(split("</think>b<think>") == "(none)|</think>b<think>");
  // What is no text stays.
  CHECK(answer(R"("content": null, "tool_calls": [])", fields) ==
        Json::parse(R"({"role": "assistant", "content": null, "tool_calls": []})"));
  const auto error = [&](const std::string& more) {
    return error_of(ErrorCode::kDataset,
                    [&] { answer("\"content\": \"<think>a</think>b\", " + more, fields); });
  };
  check_contains(error(R"("reasoning_content": "c")"),
                 "rows.jsonl:3: $.messages[1]: expected reasoning once, found it in "
                 "\"reasoning_content\" and between <think> and </think>");
  check_contains(error(R"("train_detail": [])"), "expected no train_detail where split_thinking");
  CHECK(answer(R"("content": "<think>a</think>b", "reasoning_content": null)",
               fields)["reasoning_content"] == "a");
}

TEST_CASE("read_conversation: only text") {
  const auto answer_of = [](const std::string& part) {
    return answer("\"content\": [{\"type\": \"text\", \"text\": \"a\"}, " + part + "]",
                  fields_of_messages());
  };
  // Tables of rows have all keys in all parts.
  CHECK(answer_of(R"({"type": "text", "text": "b", "image": null})")["content"].dump() ==
        R"([{"type":"text","text":"a"},{"type":"text","text":"b"}])");
  for (const char* part : {R"({"type": "image"})", R"({"image_url": {"url": "a.png"}})",
                           R"({"type": "video", "video": "a.mp4"})", R"({"type": "input_audio"})",
                           R"({"type": "text", "text": "b", "image": "a.png"})",
                           R"({"type": "think", "text": "b"})", R"({"type": "text"})", "3"})
    check_contains(error_of(ErrorCode::kDataset, [&] { answer_of(part); }),
                   "rows.jsonl:3: message 1: a part of the content is of type ");
}

TEST_CASE("read_conversation: train and train_detail under other names") {
  RowFields fields = fields_of_messages();
  fields.training = "learn";
  fields.training_detail = "spans";
  const Json message =
      answer(R"("content": "a", "learn": true, "train": false, "spans": [1], "train_detail": [2])",
             fields);
  CHECK(message["train"] == true);
  CHECK(message["train_detail"] == Json::parse("[1]"));
  CHECK_FALSE(message.contains("learn"));
  CHECK_FALSE(message.contains("spans"));
  CHECK(answer(R"("content": "a", "train": false)", fields_of_messages())["train"] == false);
  CHECK_FALSE(answer(R"("content": "a", "train": false)", fields).contains("train"));
}

}  // namespace
}  // namespace hone
