// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What writes conversations in tests about other things.
#pragma once

#include <memory>
#include <string>

#include "data/chat_template_files.h"

namespace hone {

// A built-in chat template, or that of a model's folder, with the special tokens of the folder.
inline RenderChat builtin_writer(const Tokenizer& tokenizer,
                                 const std::string& name = "qwen3_5_nothink",
                                 const std::string& folder = "data/quickstart") {
  ChatTemplateChoice choice;
  choice.name = name;
  const auto chat_template =
      std::make_shared<const ChatTemplate>(load_chat_template(choice, folder, tokenizer));
  return [chat_template](const Conversation& c) { return chat_template->render(c); };
}

}  // namespace hone
