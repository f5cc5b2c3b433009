// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_format.h"

#include <string_view>

#include "data/conversation.h"
#include "data/printable.h"
#include "data/unicode.h"
#include "tensor/check.h"

namespace hone {
namespace {

constexpr std::string_view kTurnBegin = "<|im_start|>";
constexpr std::string_view kTurnEnd = "<|im_end|>";
constexpr std::string_view kThinkBegin = "<think>";
constexpr std::string_view kThinkEnd = "</think>";

// What Python's str.strip() removes; templates were written with it.
bool is_python_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

// Requires: valid UTF-8, as everything from a parsed JSON text is.
std::string_view strip(std::string_view text) {
  while (!text.empty()) {
    const CodePoint first = decode_utf8(text.data());
    if (!is_python_space(first.value)) break;
    text.remove_prefix(static_cast<size_t>(first.bytes));
  }
  while (!text.empty()) {
    const CodePoint last = last_code_point(text);
    if (!is_python_space(last.value)) break;
    text.remove_suffix(static_cast<size_t>(last.bytes));
  }
  return text;
}

// A message's text: a string, text parts (joined), or null for none.
std::string content_of(const Json& message, const std::string& where) {
  const auto content = message.find("content");
  if (content == message.end() || content->is_null()) return "";
  if (content->is_string()) return content->get<std::string>();
  if (!content->is_array())
    fail(ErrorCode::kDataset, where, "content is neither a string nor a list of text parts");
  std::string text;
  for (const Json& part : *content) {
    if (!part.is_object() || !part.contains("text") || !part["text"].is_string())
      fail(ErrorCode::kDataset, where,
           "a part of the content is no text part "
           "{\"type\": \"text\", \"text\": ...}; images are not supported");
    text += part["text"].get_ref<const std::string&>();
  }
  return text;
}

// An assistant's message taken apart. Reasoning may have come inside the content, in a think block.
struct Answer {
  std::string reasoning;
  std::string content;
};

Answer split_answer(const Json& message, const std::string& where) {
  const std::string whole = content_of(message, where);
  std::string_view content = strip(whole);
  const auto given = message.find("reasoning_content");
  if (given != message.end() && given->is_string())
    return {std::string(strip(given->get_ref<const std::string&>())), std::string(content)};
  const size_t end = content.find(kThinkEnd);
  if (end == std::string_view::npos) return {"", std::string(content)};
  std::string_view reasoning = content.substr(0, end);
  if (const size_t begin = reasoning.rfind(kThinkBegin); begin != std::string_view::npos)
    reasoning.remove_prefix(begin + kThinkBegin.size());
  content.remove_prefix(content.rfind(kThinkEnd) + kThinkEnd.size());
  const size_t text = content.find_first_not_of('\n');
  return {std::string(strip(reasoning)),
          std::string(text == std::string_view::npos ? "" : content.substr(text))};
}

void append_answer(const Json& message, const std::string& where, bool keep_thoughts,
                   RenderedChat& chat, TurnSpan& turn) {
  const Answer answer = split_answer(message, where);
  chat.text.append(kTurnBegin).append("assistant\n");
  if (keep_thoughts) {
    chat.text.append(kThinkBegin).append("\n");
    if (answer.reasoning.empty()) chat.text.append("\n").append(kThinkEnd).append("\n\n");
  }
  turn.header_end = chat.text.size();
  if (keep_thoughts && !answer.reasoning.empty())
    chat.text.append(answer.reasoning).append("\n").append(kThinkEnd).append("\n\n");
  chat.text.append(answer.content);
}

// Index of the last message with that role, -1 without one.
int64_t last_of(const Json& messages, std::string_view role) {
  for (size_t i = messages.size(); i > 0; --i)
    if (messages[i - 1]["role"] == role) return static_cast<int64_t>(i) - 1;
  return -1;
}

void append_message(const Conversation& conversation, size_t index, int64_t last_user,
                    RenderedChat& chat) {
  const Json& message = conversation.messages[index];
  const std::string where =
      printable(conversation.where, 4096) + ": message " + std::to_string(index) + ": ";
  const auto role = message["role"].get<std::string>();
  if (role == "system" && index > 0)
    fail(ErrorCode::kDataset, where, "role \"system\" is only possible for the first");
  const auto calls = message.find("tool_calls");
  if (calls != message.end() && !calls->empty())
    fail(ErrorCode::kDataset, where, "conversations with tools are not supported");
  TurnSpan& turn = chat.turns.emplace_back();
  turn.message = index;
  turn.whole.begin = chat.text.size();
  if (role == "assistant") {
    append_answer(message, where, static_cast<int64_t>(index) > last_user, chat, turn);
  } else if (role == "system" || role == "user") {
    chat.text.append(kTurnBegin).append(role).append("\n");
    turn.header_end = chat.text.size();
    chat.text.append(strip(content_of(message, where)));
  } else {
    fail(ErrorCode::kDataset, where, "role is ", quote(role),
         ", expected \"system\", \"user\" or \"assistant\"");
  }
  turn.end_mark = {chat.text.size(), chat.text.size() + kTurnEnd.size()};
  chat.text.append(kTurnEnd).append("\n");
  turn.whole.end = chat.text.size();
}

}  // namespace

RenderedChat render_qwen3_5_chat(const Conversation& conversation) {
  check_conversation(conversation);
  const int64_t last_user = last_of(conversation.messages, "user");
  if (last_user < 0)
    fail(ErrorCode::kDataset, printable(conversation.where, 4096),
         ": the conversation has no message with role \"user\"");
  RenderedChat chat;
  for (size_t i = 0; i < conversation.size(); ++i) append_message(conversation, i, last_user, chat);
  return chat;
}

void check_qwen3_5_marks(const Tokenizer& tokenizer) {
  for (const std::string_view mark : {kTurnBegin, kTurnEnd}) {
    const std::optional<int32_t> id = tokenizer.token_to_id(mark);
    if (!id || tokenizer.encode(mark) != std::vector<int32_t>{*id})
      fail(ErrorCode::kModel, "tokenizer: ", mark,
           " is not one of its added tokens; conversations are written with it, so this model "
           "needs a tokenizer that has it");
  }
}

}  // namespace hone
