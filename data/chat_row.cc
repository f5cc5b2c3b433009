// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_row.h"

#include "data/conversation.h"
#include "data/printable.h"

namespace hone {

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

Conversation read_row(const JsonValue& row, RowFormat format, const RowFields& fields) {
  Conversation conversation;
  conversation.where = row.source().name;
  if (format == RowFormat::kMessages) {
    const JsonValue list = row.at(fields.messages);
    if (!list.is_array() || list.size() == 0) list.reject("a list of messages");
    for (const JsonValue& message : list.elements()) message.get_string("role");
    conversation.messages = list.raw();
    if (const auto tools = row.find("tools")) conversation.tools = tools->raw();
    check_conversation(conversation);
    return conversation;
  }
  check(format == RowFormat::kQuestionAnswer, "read_row: the format is not known");
  conversation.messages.push_back(chat_message("user", row.get_string(fields.question)));
  conversation.messages.push_back(chat_message("assistant", row.get_string(fields.answer)));
  return conversation;
}

}  // namespace hone
