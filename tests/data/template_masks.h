// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Short conversations, templates for them, and the parts of their texts that are learned.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/builtin_templates.h"
#include "data/chat_mask.h"
#include "data/chat_template.h"
#include "data/conversation.h"

namespace hone {

inline Conversation chat_of(std::initializer_list<Json> messages) {
  Conversation c;
  for (const Json& m : messages) c.messages.push_back(m);
  c.where = "a.jsonl:1";
  return c;
}
inline Json user(std::string_view content) { return chat_message("user", content); }
inline Json assistant(std::string_view content) { return chat_message("assistant", content); }

using Parts = std::vector<std::string>;

inline Parts learned(const ChatTemplate& t, const Conversation& c, MaskOptions options = {},
                     std::string eos = "<|im_end|>") {
  options.eos_token = std::move(eos);
  const RenderedChat chat = t.render(c);
  Parts parts;
  for (const ByteRange& r : learned_ranges(chat, c, options))
    parts.push_back(chat.text.substr(r.begin, r.size()));
  return parts;
}

inline ChatTemplate builtin(const char* name, std::string eos, std::string bos = "") {
  ChatTokens tokens;
  tokens.variables = {{"eos_token", eos}, {"bos_token", bos}};
  tokens.end_marks = {eos};
  tokens.special = {"<|im_end|>", "<end_of_turn>", "<|end|>", "<|eot_id|>"};
  return ChatTemplate(builtin_chat_template(name).value(), {name}, tokens);
}

inline const Conversation& two_rounds() {
  static const Conversation c =
      chat_of({user("Hi"), assistant("Hello"), user("2+2?"), assistant("4")});
  return c;
}

}  // namespace hone
