// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The official form of Qwen3.5, written directly.
#pragma once

#include "data/rendered_chat.h"
#include "data/tokenizer.h"

namespace hone {

// For conversations without tools:
//
//   <|im_start|>system\n...<|im_end|>\n<|im_start|>user\n...<|im_end|>\n
//   <|im_start|>assistant\n<think>\n\n</think>\n\n...<|im_end|>\n
//
// Messages lose the white space around them. Assistant turns after the last user message get a
// think block, empty without reasoning; earlier turns lose theirs. A header ends behind
// "assistant\n" in earlier turns, behind the empty think block, and behind "<think>\n" where there
// is reasoning.
//
// Errors: kDataset "<where>: ..." when there is no user message, a system message is not the first,
// a role is none of the three, or a message has tool calls.
RenderedChat render_qwen3_5_chat(const Conversation& conversation);

// Throws Error(kModel) unless `tokenizer` knows the marks of that form as tokens of their own.
void check_qwen3_5_marks(const Tokenizer& tokenizer);

}  // namespace hone
