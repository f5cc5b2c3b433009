// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_row.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "data/conversation.h"
#include "data/printable.h"

namespace hone {
namespace {

// JSON that a row has inside a string. Errors: kDataset naming the string.
Json parse_inside(const JsonValue& text, std::string_view expected) {
  try {
    return parse_json(text.as_string(), {text.where(), ErrorCode::kDataset}).raw();
  } catch (const Error& e) {
    fail(ErrorCode::kDataset, text.where(), ": expected ", expected,
         " as JSON in a string: ", e.what());
  }
}

// A value, or what is written as JSON in it when it is a string.
Json value_or_json(const JsonValue& value, std::string_view expected) {
  return value.is_string() ? parse_inside(value, expected) : value.raw();
}

// The list of calls with arguments that are objects, as templates expect them.
Json read_tool_calls(const JsonValue& calls) {
  if (!calls.is_array()) calls.reject("a list of tool calls");
  Json read = Json::array();
  for (const JsonValue& call : calls.elements()) {
    if (!call.is_object()) call.reject("a tool call {\"function\": {\"name\", \"arguments\"}}");
    Json copy = call.raw();
    const auto function = call.find("function");
    const JsonValue& body = function ? *function : call;
    body.get_string("name");
    if (const auto arguments = body.find("arguments"); arguments && arguments->is_string()) {
      const bool none = arguments->as_string().empty();
      Json parsed = none ? Json::object() : parse_inside(*arguments, "the arguments");
      if (!parsed.is_object()) arguments->reject("an object of arguments");
      (function ? copy["function"] : copy)["arguments"] = std::move(parsed);
    }
    read.push_back(std::move(copy));
  }
  return read;
}

// ShareGPT's function_call: the content is one call, or a list of them, as JSON.
Json calls_in_content(const JsonValue& content) {
  Json calls = value_or_json(content, "a call {\"name\", \"arguments\"}");
  if (!calls.is_array()) calls = Json::array({std::move(calls)});
  const JsonValue list(std::make_shared<const Json>(std::move(calls)),
                       std::make_shared<const JsonSource>(content.source()), content.path());
  Json wrapped = Json::array();
  for (Json& call : read_tool_calls(list)) {
    Json entry = Json::object();
    entry["type"] = "function";
    entry["function"] = std::move(call);
    wrapped.push_back(std::move(entry));
  }
  return wrapped;
}

std::string role_of(const std::string& role, const RowFields& fields) {
  if (const auto known = fields.roles.find(role); known != fields.roles.end()) return known->second;
  if (role == "human") return "user";
  if (role == "gpt") return "assistant";
  if (role == "observation") return "tool";
  return role;
}

// The template's name of a property of the row.
std::string property_of(const std::string& name, const RowFields& fields) {
  if (!fields.training.empty() && name == fields.training) return "train";
  for (const auto& [ours, theirs] : fields.properties)
    if (theirs == name) return ours;
  return name;
}

Json read_message(const JsonValue& message, const RowFields& fields) {
  if (!message.is_object()) message.reject("a message {\"role\": ..., \"content\": ...}");
  Json read = Json::object();
  std::optional<JsonValue> content;
  for (const auto& [name, value] : message.members()) {
    const std::string property = property_of(name, fields);
    // What another property stands for is not to be overwritten by one that has its name.
    if (property == name && fields.properties.contains(name)) continue;
    if (property == "content") content = value;
    if (property == "role") {
      read[property] = role_of(value.as_string(), fields);
    } else if (property == "tool_calls" && !value.raw().is_null()) {
      read[property] = read_tool_calls(value);
    } else {
      read[property] = value.raw();
    }
  }
  if (!read.contains("role")) {
    const auto name = fields.properties.find("role");
    message.at(name == fields.properties.end() ? "role" : name->second);  // says what is missing
  }
  if (read["role"] == "function_call") {
    if (!content) message.reject("a call as the message's content");
    read["role"] = "assistant";
    read["content"] = "";
    read["tool_calls"] = calls_in_content(*content);
  }
  return read;
}

void read_messages(const JsonValue& row, const RowFields& fields, Conversation& conversation) {
  const JsonValue list = row.at(fields.messages);
  if (!list.is_array() || list.size() == 0) list.reject("a list of messages");
  for (const JsonValue& message : list.elements()) {
    Json read = read_message(message, fields);
    if (fields.drop_system_message && conversation.messages.empty() && read["role"] == "system")
      continue;
    conversation.messages.push_back(std::move(read));
  }
  if (conversation.messages.empty()) list.reject("a message that is not the system message");
  if (const auto tools = row.find(fields.tools)) {
    const bool none = tools->is_string() && tools->as_string().empty();
    if (!none) conversation.tools = value_or_json(*tools, "a list of tools");
  }
  if (const auto kwargs = row.find("chat_template_kwargs"))
    conversation.template_kwargs = value_or_json(*kwargs, "variables of the chat template");
}

// Text of an optional field.
std::string text_of(const JsonValue& row, const std::string& field) {
  return field.empty() ? "" : row.get_string_or(field, "");
}

}  // namespace

Conversation read_conversation(const JsonValue& row, const RowFields& fields) {
  Conversation conversation;
  conversation.where = row.source().name;
  if (fields.format == RowFormat::kMessages) {
    read_messages(row, fields, conversation);
  } else if (fields.format == RowFormat::kQuestionAnswer) {
    conversation.messages.push_back(chat_message("user", row.get_string(fields.question)));
    conversation.messages.push_back(chat_message("assistant", row.get_string(fields.answer)));
  } else {
    check(fields.format == RowFormat::kInstruction, "chat_row: rows of ", name_of(fields.format));
    const std::string system = text_of(row, fields.system), input = text_of(row, fields.input);
    std::string question = row.get_string(fields.instruction);
    if (!input.empty()) question += "\n" + input;
    if (!system.empty() && !fields.drop_system_message)
      conversation.messages.push_back(chat_message("system", system));
    conversation.messages.push_back(chat_message("user", question));
    conversation.messages.push_back(chat_message("assistant", row.get_string(fields.output)));
  }
  check_conversation(conversation);
  return conversation;
}

}  // namespace hone
