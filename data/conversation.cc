// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/conversation.h"

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

void check_conversation(const Conversation& conversation) {
  const auto reject = [&](const auto&... parts) {
    fail(ErrorCode::kDataset, printable(conversation.where, 4096), ": ", parts...);
  };
  if (!conversation.messages.is_array() || conversation.messages.empty())
    reject("expected a list of at least one message");
  for (size_t i = 0; i < conversation.size(); ++i) {
    const Json& message = conversation.messages[i];
    if (!message.is_object())
      reject("message ", i, ": expected an object {\"role\": ..., \"content\": ...}");
    const auto role = message.find("role");
    if (role == message.end() || !role->is_string())
      reject("message ", i, ": expected a \"role\" that is a string");
  }
  if (!conversation.tools.is_null() && !conversation.tools.is_array())
    reject("tools: expected a list of tool descriptions");
  if (!conversation.template_kwargs.is_object())
    reject("template variables: expected an object of names and values");
}

}  // namespace hone
