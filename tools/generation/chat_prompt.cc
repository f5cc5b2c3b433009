// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/generation/chat_prompt.h"

namespace hone {

ChatPrompt encode_conversation(const Conversation& conversation, const ChatTemplate& chat_template,
                               const Tokenizer& tokenizer) {
  if (conversation.size() > 0 && conversation.messages.back().value("role", "") == "assistant")
    fail(ErrorCode::kDataset, conversation.where,
         ": the conversation ends with an answer; its last message should be the user's");
  const std::vector<int32_t> ids = tokenizer.encode(chat_template.prompt(conversation));
  ChatPrompt prompt{{ids.begin(), ids.end()}, {}};
  // What the template would write behind an answer.
  Conversation answered = conversation;
  answered.messages.push_back(chat_message("assistant", "answer"));
  const RenderedChat chat = chat_template.render(answered);
  if (chat.turns.empty() || chat.turns.back().message != conversation.size()) return prompt;
  const ByteRange end = chat.turns.back().end_mark;
  const std::string mark = chat.text.substr(end.begin, end.size());
  if (const auto id = tokenizer.token_to_id(mark); !mark.empty() && id)
    prompt.stop_tokens.push_back(*id);
  return prompt;
}

}  // namespace hone
