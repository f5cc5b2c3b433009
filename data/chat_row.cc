// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_row.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "data/content_parts.h"
#include "data/conversation.h"
#include "data/jinja_text.h"
#include "data/printable.h"
#include "data/required_field.h"
#include "data/roles.h"
#include "data/text_only.h"
#include "data/train_detail.h"

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

// The template's name of a property of the row.
std::string property_of(const std::string& name, const RowFields& fields) {
  if (!fields.training.empty() && name == fields.training) return "train";
  if (!fields.training_detail.empty() && name == fields.training_detail)
    return std::string(kTrainDetail);
  for (const auto& [ours, theirs] : fields.properties)
    if (theirs == name) return ours;
  return name;
}

// Whether another property says what one of this name would.
bool is_replaced(const std::string& name, const RowFields& fields) {
  const auto by_other = [&](std::string_view ours, const std::string& theirs) {
    return name == ours && !theirs.empty() && theirs != name;
  };
  return fields.properties.contains(name) || by_other("train", fields.training) ||
         by_other(kTrainDetail, fields.training_detail);
}

std::string_view strip(std::string_view text, bool left, bool right) {
  const jinja::Borders borders = jinja::strip_borders(text, left, right);
  return text.substr(borders.begin, borders.end - borders.begin);
}

// What stands between the first `open` and the next `close`, and what is behind that.
struct Enclosed {
  std::string_view inside, behind;
};
std::optional<Enclosed> enclosed(std::string_view text, std::string_view open,
                                 std::string_view close) {
  const size_t begin = text.find(open);
  if (begin == std::string_view::npos) return std::nullopt;
  const size_t end = text.find(close, begin + open.size());
  if (end == std::string_view::npos) return std::nullopt;
  return Enclosed{text.substr(begin + open.size(), end - begin - open.size()),
                  text.substr(end + close.size())};
}

// Moves reasoning that an answer has in tags to a property of its own. The tags are those of
// axolotl's split_thinking.
void split_thinking(const JsonValue& message, const std::string& property, Json& read) {
  constexpr std::pair<const char*, const char*> kTags[] = {
      {"<think>", "</think>"},
      {"<reasoning>", "</reasoning>"},
      {"<|begin_of_thought|>", "<|end_of_thought|>"}};
  const auto content = read.find("content");
  if (content == read.end() || !content->is_string()) return;
  const std::string text = content->get<std::string>();
  for (const auto& [open, close] : kTags) {
    const auto thought = enclosed(text, open, close);
    if (!thought) continue;
    if (const auto given = read.find(property); given != read.end() && !given->is_null())
      message.reject("reasoning once, found it in " + quote(property) + " and between " + open +
                     " and " + close);
    if (read.contains(kTrainDetail))
      message.reject("no train_detail where split_thinking takes the reasoning out of the content");
    const std::string_view rest = strip(thought->behind, true, false);
    const auto solution = enclosed(rest, "<|begin_of_solution|>", "<|end_of_solution|>");
    read[property] = std::string(strip(thought->inside, true, true));
    read["content"] = std::string(solution ? strip(solution->inside, true, true) : rest);
    return;
  }
}

// Whether a message has something to say besides its role: a text that is not there is written as
// "None" by some templates, left out by others, and learned as an answer that ends at once.
bool says_something(const Json& message) {
  for (const auto& [name, value] : message.items()) {
    const bool label = name == "role" || name == "name" || name == "id" || name == "tool_call_id" ||
                       name == "train" || name == "weight" || name == kTrainDetail;
    if (!label && !value.is_null()) return true;
  }
  return false;
}

// What tools give back may be any JSON value: templates write it as JSON.
void check_content(const JsonValue& content, const Json& role) {
  if (content.is_string() || content.is_array() || content.raw().is_null()) return;
  if (role == "tool" || role == "function" || role == "ipython" || role == "function_call") return;
  content.reject("text, a list of parts, or null");
}

void read_messages(const JsonValue& row, const RowFields& fields, Conversation& conversation) {
  const JsonValue list = required_field(row, fields.messages, "field_messages");
  if (!list.is_array() || list.size() == 0) list.reject("a list of messages");
  for (const JsonValue& message : list.elements()) {
    Json read = read_message(message, fields);
    if (fields.drop_system_message && conversation.messages.empty() && read["role"] == "system")
      continue;
    conversation.messages.push_back(std::move(read));
    conversation.written.push_back(message);
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

Json read_message(const JsonValue& message, const RowFields& fields) {
  if (!message.is_object()) message.reject("a message {\"role\": ..., \"content\": ...}");
  Json read = Json::object();
  std::optional<JsonValue> content;
  for (const auto& [name, value] : message.members()) {
    const std::string property = property_of(name, fields);
    // What another property stands for is not to be overwritten by one that has its name.
    if (property == name && is_replaced(name, fields)) continue;
    if (property == "content") content = value;
    if (property == "role") {
      const std::string role = template_role(value.as_string(), fields);
      if (role != "function_call" && !is_known_role(role, fields))
        value.reject(expected_roles(role, fields));
      read[property] = role;
    } else if (property == "tool_calls" && !value.raw().is_null()) {
      read[property] = read_tool_calls(value);
    } else {
      read[property] = value.raw();
      if (property == "content") drop_null_members(read[property]);
      // A template would write anything else as Python would print it, or leave it out.
      if (property == "reasoning_content" && !value.raw().is_null()) value.as_string();
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
  if (content) check_content(*content, read["role"]);
  if (!says_something(read))
    message.reject(
        "a message with a content; remove the message, or the row, or write \"\" for an "
        "empty content");
  if (!fields.split_thinking.empty() && read["role"] == "assistant")
    split_thinking(message, fields.split_thinking, read);
  return read;
}

Conversation read_conversation(const JsonValue& row, const RowFields& fields) {
  Conversation conversation;
  conversation.where = row.place();
  if (fields.format == RowFormat::kMessages) {
    read_messages(row, fields, conversation);
  } else if (fields.format == RowFormat::kQuestionAnswer) {
    conversation.messages.push_back(
        chat_message("user", required_text(row, fields.question, "field_question")));
    conversation.messages.push_back(
        chat_message("assistant", required_text(row, fields.answer, "field_answer")));
  } else {
    check(fields.format == RowFormat::kInstruction, "chat_row: rows of ", name_of(fields.format));
    const std::string system = text_of(row, fields.system), input = text_of(row, fields.input);
    std::string question = required_text(row, fields.instruction, "field_instruction");
    if (!input.empty()) question += "\n" + input;
    if (!system.empty() && !fields.drop_system_message)
      conversation.messages.push_back(chat_message("system", system));
    conversation.messages.push_back(chat_message("user", question));
    conversation.messages.push_back(
        chat_message("assistant", required_text(row, fields.output, "field_output")));
  }
  check_conversation(conversation);
  check_text_only(conversation);
  return conversation;
}

}  // namespace hone
