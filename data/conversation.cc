// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/conversation.h"

#include <algorithm>

#include "data/printable.h"
#include "tensor/check.h"

namespace hone {

Json chat_message(std::string_view role, std::string_view content) {
  Json message = Json::object();
  message["role"] = role;
  message["content"] = content;
  return message;
}

void add_default_system_message(Conversation& conversation, std::string_view text) {
  if (text.empty()) return;
  for (const Json& message : conversation.messages) {
    const auto role = message.find("role");
    if (role != message.end() && *role == "system") return;
  }
  conversation.messages.insert(conversation.messages.begin(), chat_message("system", text));
}

bool parse_tool_arguments(Conversation& conversation) {
  bool any = false;
  for (Json& message : conversation.messages) {
    const auto calls = message.find("tool_calls");
    if (calls == message.end() || !calls->is_array()) continue;
    for (Json& call : *calls) {
      if (!call.is_object()) continue;
      const auto function = call.find("function");
      Json& holder = function != call.end() && function->is_object() ? *function : call;
      const auto arguments = holder.find("arguments");
      if (arguments == holder.end() || !arguments->is_string()) continue;
      try {
        const JsonValue parsed = parse_json(arguments->get_ref<const std::string&>(),
                                            {conversation.where, ErrorCode::kDataset});
        if (!parsed.is_object()) continue;
        *arguments = parsed.raw();
        any = true;
      } catch (const Error&) {  // text that is no JSON is the template's to judge
      }
    }
  }
  return any;
}

std::string place_of_message(const Conversation& conversation, size_t index) {
  const size_t made =
      conversation.size() - std::min(conversation.size(), conversation.written.size());
  const std::string place = index < made || index >= conversation.size()
                                ? printable(conversation.where, 4096)
                                : conversation.written[index - made].place();
  return place + ": message " + std::to_string(index);
}

void check_conversation(const Conversation& conversation) {
  const auto reject = [&](const auto&... parts) {
    fail(ErrorCode::kDataset, printable(conversation.where, 4096), ": ", parts...);
  };
  if (!conversation.messages.is_array() || conversation.messages.empty())
    reject("expected a list of at least one message");
  for (size_t i = 0; i < conversation.size(); ++i) {
    const Json& message = conversation.messages[i];
    if (!message.is_object())
      fail(ErrorCode::kDataset, place_of_message(conversation, i),
           ": expected an object {\"role\": ..., \"content\": ...}");
    const auto role = message.find("role");
    if (role == message.end() || !role->is_string())
      fail(ErrorCode::kDataset, place_of_message(conversation, i),
           ": expected a \"role\" that is a string");
  }
  if (!conversation.tools.is_null() && !conversation.tools.is_array())
    reject("tools: expected a list of tool descriptions");
  if (!conversation.template_kwargs.is_object())
    reject("template variables: expected an object of names and values");
}

}  // namespace hone
