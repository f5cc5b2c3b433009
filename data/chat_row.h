// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a JSON row of a dataset to a conversation.
#pragma once

#include <string>
#include <vector>

#include "data/chat_format.h"
#include "data/json.h"

namespace hone {

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

// The conversation of a row; fields that are not named are ignored. A message's content is a
// string, a list of text parts (joined), or null for none; "reasoning_content" is optional.
// Requires: format is not kAuto. Errors: kDataset naming file:line and the field.
std::vector<ChatMessage> read_row(const JsonValue& row, RowFormat format, const RowFields& fields);

}  // namespace hone
