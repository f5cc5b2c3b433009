// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Conversations as chat templates see them.
//
// A dataset row becomes a Conversation, a template makes a RenderedChat of it
// (data/rendered_chat.h), and the mask settings say which bytes of that text the model learns to
// write (data/chat_mask.h). What includes this compiles all of nlohmann/json: headers only declare
// the type.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "data/json.h"

namespace hone {

// Everything that a chat template can see of one row.
struct Conversation {
  // An array of objects, with all their fields in the order of the row: "role", "content" (a
  // string, a list of parts, or null), "tool_calls", "reasoning_content", "name", ... The fields
  // "train", "weight" and "train_detail" are for the mask; templates ignore them.
  Json messages = Json::array();
  Json tools;                             // an array of tool descriptions, or null
  Json template_kwargs = Json::object();  // further variables: {"enable_thinking": false}, ...
  std::string where;                      // "train.jsonl:17:1", for errors
  // The last messages as a row has them, for errors; fewer than `messages` or none when they were
  // made otherwise.
  std::vector<JsonValue> written;

  size_t size() const { return messages.size(); }
};

// A message of plain text.
Json chat_message(std::string_view role, std::string_view content);

// "train.jsonl:17:34: message 3": the place of a message, for errors.
std::string place_of_message(const Conversation& conversation, size_t index);

// Puts a system message first where the conversation has none. Nothing for an empty `text`.
void add_default_system_message(Conversation& conversation, std::string_view text);

// "arguments" of tool calls that are texts of JSON objects become those. Returns whether any did.
bool parse_tool_arguments(Conversation& conversation);

// Throws Error(kDataset) "<where>: ..." unless `messages` is an array of at least one object, each
// with a role that is a string, and `tools` and `template_kwargs` are what they should be.
void check_conversation(const Conversation& conversation);

}  // namespace hone
