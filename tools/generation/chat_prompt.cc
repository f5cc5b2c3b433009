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
  const std::string mark = chat_template.answer_end(conversation);
  if (const auto id = tokenizer.token_to_id(mark); !mark.empty() && id)
    prompt.stop_tokens.push_back(*id);
  return prompt;
}

}  // namespace hone
