// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/content_parts.h"

#include <algorithm>

namespace hone {
namespace {

// The form that templates which read lists know.
bool is_usual(const Json& part) {
  if (!part.is_object()) return false;
  const auto type = part.find("type"), text = part.find("text");
  return type != part.end() && *type == "text" && text != part.end() && text->is_string();
}

}  // namespace

std::optional<std::string> text_of_part(const Json& part) {
  if (part.is_string()) return part.get<std::string>();
  if (!part.is_object()) return std::nullopt;
  if (const auto type = part.find("type");
      type != part.end() && !type->is_null() && *type != "text")
    return std::nullopt;
  for (const char* name : {"text", "content", "value"})
    if (const auto text = part.find(name); text != part.end() && text->is_string())
      return text->get<std::string>();
  return std::nullopt;
}

std::optional<std::string> joined_text(const Json& content) {
  if (!content.is_array()) return std::nullopt;
  std::string joined;
  for (const Json& part : content) {
    const std::optional<std::string> text = text_of_part(part);
    if (!text) return std::nullopt;
    joined += *text;
  }
  return joined;
}

void drop_null_members(Json& content) {
  if (!content.is_array()) return;
  for (Json& part : content) {
    if (!part.is_object()) continue;
    Json kept = Json::object();
    for (const auto& [name, member] : part.items())
      if (!member.is_null()) kept[name] = member;
    part = std::move(kept);
  }
}

bool join_text_parts(Conversation& conversation,
                     const std::function<bool(const std::string& role)>& takes_lists) {
  bool any = false;
  for (Json& message : conversation.messages) {
    const auto content = message.find("content");
    if (content == message.end() || !content->is_array()) continue;
    if (std::all_of(content->begin(), content->end(), is_usual) &&
        takes_lists(message.at("role").get<std::string>()))
      continue;
    if (auto text = joined_text(*content)) {
      *content = std::move(*text);
      any = true;
    }
  }
  return any;
}

}  // namespace hone
