// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the rows of a dataset look like.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/json.h"

namespace hone {

enum class RowFormat {
  kAuto,            // judged by the fields of the first row
  kMessages,        // {"messages": [{"role": "...", "content": "..."}, ...], "tools": [...]}
  kQuestionAnswer,  // {"question": "...", "answer": "..."}: a conversation of two messages
  kInstruction,     // {"instruction": "...", "input": "...", "output": "..."}: a PromptFormat
  kCompletion,      // {"text": "..."}
  kInputOutput,     // {"segments": [{"text": "...", "label": true}, ...]}
  kTokens,          // {"input_ids": [...], "attention_mask": [...], "labels": [...]}
};

// "messages", "question/answer", ...
std::string name_of(RowFormat format);

// How the text in front of an answer is put together. {system}, {instruction} and {input} stand for
// the row's fields. Where `turn` is empty the row is a conversation that the chat template writes.
struct PromptFormat {
  std::string system;              // with the system text, where there is one: "{system}\n\n"
  std::string turn;                // of rows with an input
  std::string turn_without_input;  // of the others
  std::string default_system;      // system text of rows with an input and no own one
  std::string default_system_without_input;

  bool operator==(const PromptFormat&) const = default;
};

// "instruct" is the format of Stanford Alpaca (Taori et al., 2023), "chat" writes USER: and
// ASSISTANT:, "chatml" the turn markers of ChatML; "chat_template" leaves it to the template.
// Requires: one of the four.
PromptFormat named_prompt_format(std::string_view name);

// Names of the fields that are read, and what their values mean.
struct RowFields {
  RowFormat format = RowFormat::kAuto;

  // messages
  std::string messages = "messages";
  std::string tools = "tools";
  // A message's property as the template knows it -> its name in the row: {"role": "from"}.
  std::map<std::string, std::string> properties;
  // A role in the row -> the template's. Besides these: human, gpt, function_call, observation.
  std::map<std::string, std::string> roles;
  bool drop_system_message = false;
  std::string training;         // a message's property that says whether it is learned
  std::string training_detail;  // one that says which of its characters are
  // The property that reasoning in tags (<think> ...) of an answer moves to; empty: it stays.
  std::string split_thinking;

  // question/answer
  std::string question = "question";
  std::string answer = "answer";

  // instruction
  std::string system = "system";
  std::string instruction = "instruction";
  std::string input = "input";
  std::string output = "output";
  PromptFormat prompt = named_prompt_format("instruct");

  // completion
  std::string text = "text";

  bool operator==(const RowFields&) const = default;
};

// `fields` with the format found: its own, or with kAuto the one whose fields `row` has; then also
// the usual other names are known ("conversations" of from and value, "prompt" and "completion").
// Errors: kDataset naming file:line, the fields expected and those found.
RowFields detect_fields(const JsonValue& row, RowFields fields);

// Whether a chat template writes such rows. Requires: the format is not kAuto.
bool are_conversations(const RowFields& fields);

// "messages in \"conversations\" (role: from, content: value)", for people.
std::string describe(const RowFields& fields);

// Everything that decides what a row means, for checksums.
std::string settings_text(const RowFields& fields);

}  // namespace hone
