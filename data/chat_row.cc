// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_row.h"

#include "data/printable.h"

namespace hone {
namespace {

std::string read_content(const JsonValue& message) {
  const std::optional<JsonValue> content = message.find("content");
  if (!content) return "";
  if (content->is_string()) return content->as_string();
  if (!content->is_array()) content->reject("a string or a list of text parts");
  std::string text;
  for (const JsonValue& part : content->elements()) {
    if (!part.is_object() || !part.find("text"))
      part.reject("a text part {\"type\": \"text\", \"text\": ...}; images are not supported");
    text += part.get_string("text");
  }
  return text;
}

// Parts of a conversation that would silently be lost.
void refuse_tools(const JsonValue& message) {
  const std::optional<JsonValue> calls = message.find("tool_calls");
  if (calls && !(calls->is_array() && calls->size() == 0))
    calls->reject("no tool calls: conversations with tools are not supported");
}

std::vector<ChatMessage> read_messages(const JsonValue& list) {
  if (!list.is_array() || list.size() == 0) list.reject("a list of messages");
  std::vector<ChatMessage> messages;
  for (const JsonValue& message : list.elements()) {
    if (!message.is_object()) message.reject("a message {\"role\": ..., \"content\": ...}");
    refuse_tools(message);
    ChatMessage& m = messages.emplace_back();
    m.role = message.get_string("role");
    m.content = read_content(message);
    if (const auto reasoning = message.find("reasoning_content"))
      m.reasoning = reasoning->as_string();
  }
  return messages;
}

}  // namespace

std::string name_of(RowFormat format) {
  switch (format) {
    case RowFormat::kQuestionAnswer:
      return "question/answer";
    case RowFormat::kMessages:
      return "messages";
    case RowFormat::kAuto:
      break;
  }
  return "auto";
}

RowFormat row_format(const JsonValue& row, const RowFields& fields) {
  if (fields.format != RowFormat::kAuto) return fields.format;
  if (row.find(fields.messages)) return RowFormat::kMessages;
  if (row.find(fields.question) && row.find(fields.answer)) return RowFormat::kQuestionAnswer;
  std::string found;
  for (const auto& [key, value] : row.members()) found += (found.empty() ? "" : ", ") + quote(key);
  fail(ErrorCode::kDataset, row.source().name, ": expected the fields ", quote(fields.question),
       " and ", quote(fields.answer), ", or ", quote(fields.messages), "; found ",
       found.empty() ? "none" : found,
       ". Other names can be given with field_question, field_answer and field_messages");
}

std::vector<ChatMessage> read_row(const JsonValue& row, RowFormat format, const RowFields& fields) {
  if (format == RowFormat::kMessages) return read_messages(row.at(fields.messages));
  check(format == RowFormat::kQuestionAnswer, "read_row: the format is not known");
  std::vector<ChatMessage> messages(2);
  messages[0] = {"user", row.get_string(fields.question), std::nullopt};
  messages[1] = {"assistant", row.get_string(fields.answer), std::nullopt};
  return messages;
}

}  // namespace hone
