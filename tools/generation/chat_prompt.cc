// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/generation/chat_prompt.h"

namespace hone {

ChatPrompt encode_conversation(const Conversation& conversation, const RenderChat& render,
                               const Tokenizer& tokenizer) {
  if (conversation.size() > 0 && conversation.messages.back().value("role", "") == "assistant")
    fail(ErrorCode::kDataset, conversation.where,
         ": the conversation ends with an answer; its last message should be the user's");
  Conversation answered = conversation;
  answered.messages.push_back(chat_message("assistant", "answer"));
  const RenderedChat chat = render(answered);
  if (chat.turns.empty() || chat.turns.back().message != conversation.size())
    fail(ErrorCode::kDataset, conversation.where,
         ": the chat template does not show where an answer begins");
  const TurnSpan& turn = chat.turns.back();
  const std::vector<int32_t> ids = tokenizer.encode(chat.text.substr(0, turn.header_end));
  ChatPrompt prompt{{ids.begin(), ids.end()}, {}};
  const std::string mark = chat.text.substr(turn.end_mark.begin, turn.end_mark.size());
  if (const auto id = tokenizer.token_to_id(mark); !mark.empty() && id)
    prompt.stop_tokens.push_back(*id);
  return prompt;
}

}  // namespace hone
