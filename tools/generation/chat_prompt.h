// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Conversations as the tokens that an answer follows.
#pragma once

#include <cstdint>
#include <vector>

#include "data/conversation.h"
#include "data/rendered_chat.h"
#include "data/tokenizer.h"

namespace hone {

struct ChatPrompt {
  std::vector<int64_t> ids;          // of the conversation with the beginning of an answer
  std::vector<int64_t> stop_tokens;  // what ends an answer, where the template says so
};

// The template is asked how it would write an answer, and the text is cut where its words would
// begin: what a model saw in training in front of an answer.
// Errors: kDataset for a conversation that the template does not take, or that already ends with
// an answer.
ChatPrompt encode_conversation(const Conversation& conversation, const RenderChat& render,
                               const Tokenizer& tokenizer);

}  // namespace hone
