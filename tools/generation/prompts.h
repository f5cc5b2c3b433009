// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a user asks a model: texts to continue, or conversations to answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/conversation.h"

namespace hone {

struct Prompt {
  std::string text;                          // to continue; unused if there is a conversation
  std::optional<Conversation> conversation;  // to answer
  std::string where;                         // "prompts.txt:3", for errors
};

struct PromptSources {
  std::vector<std::string> texts = {};  // from the command line
  std::string file = {};           // .jsonl: a prompt a row; else: a prompt a line. May be empty
  std::string messages_file = {};  // .json: the messages of one conversation. May be empty
  bool chat = false;               // a text is what a user says in a conversation
  std::string system = {};         // system message of conversations that have none
};

// All prompts in that order. A row of a .jsonl file is {"prompt": "..."} or {"messages": [...]} (and
// may have "tools"); other fields are ignored.
// Errors: kUsage for an empty prompt; kDataset for files, naming file:line.
std::vector<Prompt> read_prompts(const PromptSources& sources);

// A conversation of one user message.
Conversation ask(const std::string& text, const std::string& system, const std::string& where);

}  // namespace hone
