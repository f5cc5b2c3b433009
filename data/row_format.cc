// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/row_format.h"

#include <initializer_list>
#include <utility>

#include "data/printable.h"

namespace hone {
namespace {

bool has(const JsonValue& row, const std::string& field) { return row.find(field).has_value(); }

// Rows of two texts under other names, which need no configuration.
constexpr std::pair<const char*, const char*> kPairs[] = {
    {"prompt", "completion"}, {"prompt", "response"}, {"query", "response"}};

// Messages under their usual names have "role"; those of ShareGPT have "from" and "value".
void detect_properties(const JsonValue& list, RowFields& fields) {
  if (!fields.properties.empty() || !list.is_array() || list.size() == 0) return;
  const JsonValue first = list.at(int64_t{0});
  if (!first.is_object() || has(first, "role") || !has(first, "from") || !has(first, "value"))
    return;
  fields.properties = {{"role", "from"}, {"content", "value"}};
}

bool detect_messages(const JsonValue& row, RowFields& fields) {
  for (const std::string& name : {fields.messages, std::string("conversations")}) {
    const auto list = row.find(name);
    if (!list || !list->is_array()) continue;
    fields.messages = name;
    detect_properties(*list, fields);
    return true;
  }
  return false;
}

bool detect_pair(const JsonValue& row, RowFields& fields) {
  if (has(row, fields.question) && has(row, fields.answer)) return true;
  for (const auto& [question, answer] : kPairs)
    if (has(row, question) && has(row, answer)) {
      fields.question = question;
      fields.answer = answer;
      return true;
    }
  return false;
}

[[noreturn]] void reject_fields(const JsonValue& row, const RowFields& fields) {
  std::string found;
  for (const auto& [key, value] : row.members()) found += (found.empty() ? "" : ", ") + quote(key);
  if (has(row, "chosen") && has(row, "rejected"))
    fail(ErrorCode::kDataset, row.place(),
         ": found preference pairs (\"chosen\", \"rejected\"); only supervised finetuning is "
         "supported, whose rows have one answer");
  fail(ErrorCode::kDataset, row.place(), ": expected the fields ", quote(fields.messages), ", or ",
       quote(fields.question), " and ", quote(fields.answer), ", or ", quote(fields.instruction),
       " and ", quote(fields.output), ", or ", quote(fields.text),
       ", or \"segments\", or \"input_ids\"; found ", found.empty() ? "none" : found,
       ". Other names can be given with field_messages, field_question, field_answer, "
       "field_instruction, field_input, field_output and field");
}

}  // namespace

std::string name_of(RowFormat format) {
  switch (format) {
    case RowFormat::kMessages:
      return "messages";
    case RowFormat::kQuestionAnswer:
      return "question/answer";
    case RowFormat::kInstruction:
      return "instruction/output";
    case RowFormat::kCompletion:
      return "text";
    case RowFormat::kInputOutput:
      return "segments";
    case RowFormat::kTokens:
      return "tokens";
    case RowFormat::kAuto:
      break;
  }
  return "auto";
}

PromptFormat named_prompt_format(std::string_view name) {
  const std::string with_input =
      "Below is an instruction that describes a task, paired with an input that provides further "
      "context. Write a response that appropriately completes the request.";
  const std::string without_input =
      "Below is an instruction that describes a task. Write a response that appropriately "
      "completes the request.";
  if (name == "instruct")
    return {"{system}\n\n",
            "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n",
            "### Instruction:\n{instruction}\n\n### Response:\n", with_input, without_input};
  if (name == "chat")
    return {"SYSTEM: {system}\n", "USER: {instruction}\n{input}\nASSISTANT:",
            "USER: {instruction}\nASSISTANT:", with_input, without_input};
  if (name == "chatml")
    return {"<|im_start|>system\n{system}<|im_end|>\n",
            "<|im_start|>user\n{instruction}\n{input}<|im_end|>\n<|im_start|>assistant\n",
            "<|im_start|>user\n{instruction}<|im_end|>\n<|im_start|>assistant\n", with_input,
            without_input};
  check(name == "chat_template", "prompt format ", name);
  return {};
}

RowFields detect_fields(const JsonValue& row, RowFields fields) {
  if (fields.format == RowFormat::kMessages) {
    if (const auto list = row.find(fields.messages)) detect_properties(*list, fields);
    return fields;
  }
  if (fields.format != RowFormat::kAuto) return fields;
  if (detect_messages(row, fields)) {
    fields.format = RowFormat::kMessages;
  } else if (has(row, "input_ids")) {
    fields.format = RowFormat::kTokens;
  } else if (has(row, "segments")) {
    fields.format = RowFormat::kInputOutput;
  } else if (has(row, fields.instruction) && has(row, fields.output)) {
    fields.format = RowFormat::kInstruction;
  } else if (detect_pair(row, fields)) {
    fields.format = RowFormat::kQuestionAnswer;
  } else if (has(row, fields.text)) {
    fields.format = RowFormat::kCompletion;
  } else {
    reject_fields(row, fields);
  }
  return fields;
}

bool are_conversations(const RowFields& fields) {
  return fields.format == RowFormat::kMessages || fields.format == RowFormat::kQuestionAnswer ||
         (fields.format == RowFormat::kInstruction && fields.prompt.turn.empty());
}

std::string describe(const RowFields& fields) {
  switch (fields.format) {
    case RowFormat::kMessages: {
      std::string text = "messages";
      if (fields.messages != "messages") text += " in " + quote(fields.messages);
      std::string properties;
      for (const auto& [ours, theirs] : fields.properties)
        properties += (properties.empty() ? "" : ", ") + ours + ": " + theirs;
      return properties.empty() ? text : text + " (" + properties + ")";
    }
    case RowFormat::kQuestionAnswer:
      return printable(fields.question) + "/" + printable(fields.answer);
    case RowFormat::kInstruction:
      return printable(fields.instruction) + "/" + printable(fields.output);
    case RowFormat::kCompletion:
      return printable(fields.text);
    default:
      return name_of(fields.format);
  }
}

std::string settings_text(const RowFields& fields) {
  std::string text = name_of(fields.format);
  const auto add = [&](std::string_view field) {
    text += "\n" + std::to_string(field.size()) + " ";
    text += field;
  };
  for (const std::string* field :
       {&fields.messages, &fields.tools, &fields.training, &fields.training_detail,
        &fields.split_thinking, &fields.question, &fields.answer, &fields.system,
        &fields.instruction, &fields.input, &fields.output, &fields.text, &fields.prompt.system,
        &fields.prompt.turn, &fields.prompt.turn_without_input, &fields.prompt.default_system,
        &fields.prompt.default_system_without_input})
    add(*field);
  for (const auto* map : {&fields.properties, &fields.roles}) {
    add(std::to_string(map->size()));
    for (const auto& [key, value] : *map) {
      add(key);
      add(value);
    }
  }
  add(fields.drop_system_message ? "without system message" : "");
  return text;
}

}  // namespace hone
