// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Contents of messages that are lists of parts: [{"type": "text", "text": "Hello"}, ...].
//
// Chat templates differ in what they make of such a list. Some go through its parts. Others take
// every content for a string: they print the list as Python would, leave it out, or stop. The rule:
// a template gets the list as it is for messages of a role whose lists it can read, which
// ChatTemplate finds out by trying when it is made; for all others the texts of the parts are
// joined first, with nothing between them, and the content is that string.
//
// A part is text if it is a string, or an object with its text in "text", "content" or "value", and
// of type "text" or none.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "data/conversation.h"

namespace hone {

// The text of one part; nullopt for an image and anything else that is no text.
std::optional<std::string> text_of_part(const Json& part);

// The joined texts of a list's parts; nullopt unless `content` is a list of nothing but text.
std::optional<std::string> joined_text(const Json& content);

// Parts without their members that are null: tables of rows have all members in all parts, and
// templates ask whether a part has an "image". Other contents stay as they are.
void drop_null_members(Json& content);

// Joins the parts of messages, unless all of them are {"type": "text", "text": ...} and
// `takes_lists` of the message's role is true. Lists with something else than text stay. Returns
// whether any was joined. Requires: check_conversation has passed.
bool join_text_parts(Conversation& conversation,
                     const std::function<bool(const std::string& role)>& takes_lists);

}  // namespace hone
