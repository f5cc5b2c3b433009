// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a JSON row of a dataset to a conversation.
#pragma once

#include <memory>

#include "data/json.h"
#include "data/row_format.h"

namespace hone {

struct Conversation;

// The conversation of a row; fields that are not named are ignored.
//
// Messages keep all their properties. They get the names that templates know (fields.properties);
// so do their roles (data/roles.h, and function_call), of which unknown ones are errors. The arguments of
// tool calls, and the tools themselves, may be written as JSON in a string. A message of the role
// function_call is an assistant's with the tool calls that its content spells. The row's
// "chat_template_kwargs" become variables of the template.
//
// Requires: the format is kMessages, kQuestionAnswer, or kInstruction.
// Errors: kDataset naming file:line:column and the field.
Conversation read_conversation(const JsonValue& row, const RowFields& fields);

// One message of it, as templates see it.
// Errors: the source's code, naming the place of what is wrong.
Json read_message(const JsonValue& message, const RowFields& fields);

}  // namespace hone
