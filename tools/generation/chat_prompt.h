// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Conversations as the tokens that an answer follows.
#pragma once

#include <cstdint>
#include <vector>

#include "data/chat_template.h"
#include "data/conversation.h"
#include "data/tokenizer.h"

namespace hone {

struct ChatPrompt {
  std::vector<int64_t> ids;          // of the conversation with the beginning of an answer
  std::vector<int64_t> stop_tokens;  // what ends an answer, where the template says so
};

// The text has the template's generation prompt at its end.
// Errors: kDataset for a conversation that the template does not take, or that already ends with
// an answer.
ChatPrompt encode_conversation(const Conversation& conversation, const ChatTemplate& chat_template,
                               const Tokenizer& tokenizer);

}  // namespace hone
