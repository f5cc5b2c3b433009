// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a JSON row of a dataset to a conversation.
#pragma once

#include <string>

#include "data/json.h"

namespace hone {

struct Conversation;  // data/conversation.h

enum class RowFormat {
  kAuto,            // judged by the fields of the first row
  kQuestionAnswer,  // {"question": "...", "answer": "..."}
  kMessages,        // {"messages": [{"role": "...", "content": "..."}, ...]}
};

struct RowFields {
  RowFormat format = RowFormat::kAuto;
  std::string question = "question";
  std::string answer = "answer";
  std::string messages = "messages";
};

// "question/answer" or "messages".
std::string name_of(RowFormat format);

// fields.format, or with kAuto the one whose fields `row` has. A row with all of them is messages.
// Errors: kDataset naming file:line, the fields expected and those found.
RowFormat row_format(const JsonValue& row, const RowFields& fields);

// The conversation of a row: the messages as they are, and the "tools" beside them. Other fields
// are ignored. Requires: format is not kAuto. Errors: kDataset naming file:line and the field.
Conversation read_row(const JsonValue& row, RowFormat format, const RowFields& fields);

}  // namespace hone
