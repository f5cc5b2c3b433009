// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/prompt_row.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "data/required_field.h"

namespace hone {
namespace {

// Puts values in the places of their {names}; other braces stay. Values are not looked into.
std::string fill_in(std::string_view format,
                    std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  std::string text;
  while (!format.empty()) {
    const size_t brace = format.find('{');
    text += format.substr(0, brace);
    if (brace == std::string_view::npos) break;
    format.remove_prefix(brace);
    size_t taken = 0;
    for (const auto& [name, value] : values)
      if (format.starts_with(name)) {
        text += value;
        taken = name.size();
      }
    if (taken == 0) {
      text += '{';
      taken = 1;
    }
    format.remove_prefix(taken);
  }
  return text;
}

PromptRow read_instruction(const JsonValue& row, const RowFields& fields) {
  const PromptFormat& format = fields.prompt;
  const auto text_of = [&](const std::string& field) {
    return field.empty() ? "" : row.get_string_or(field, "");
  };
  const std::string instruction = required_text(row, fields.instruction, "field_instruction");
  const std::string input = text_of(fields.input);
  std::string system = text_of(fields.system);
  if (system.empty())
    system = input.empty() ? format.default_system_without_input : format.default_system;
  std::string prompt;
  if (!system.empty() && !fields.drop_system_message)
    prompt = fill_in(format.system, {{"{system}", system}});
  prompt += fill_in(input.empty() ? format.turn_without_input : format.turn,
                    {{"{instruction}", instruction}, {"{input}", input}, {"{system}", system}});
  return {{{std::move(prompt), false}, {required_text(row, fields.output, "field_output"), true}},
          true};
}

PromptRow read_segments(const JsonValue& row) {
  const JsonValue list = row.at("segments");
  if (!list.is_array() || list.size() == 0)
    list.reject("a list of segments {\"text\": ..., \"label\": true or false}");
  PromptRow read;
  for (const JsonValue& segment : list.elements()) {
    if (!segment.is_object()) segment.reject("a segment {\"text\": ..., \"label\": ...}");
    read.segments.push_back({segment.get_string("text"), segment.get_bool("label")});
  }
  return read;
}

}  // namespace

PromptRow read_prompt(const JsonValue& row, const RowFields& fields) {
  switch (fields.format) {
    case RowFormat::kInstruction:
      return read_instruction(row, fields);
    case RowFormat::kCompletion:
      return {{{required_text(row, fields.text, "field"), true}}, true};
    case RowFormat::kInputOutput:
      return read_segments(row);
    default:
      fail(ErrorCode::kInternal, "prompt_row: rows of ", name_of(fields.format));
  }
}

}  // namespace hone
