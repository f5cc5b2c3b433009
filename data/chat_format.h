// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Conversations as the text a model reads, with the parts of it that the model learns to write.
//
// A renderer says where the assistant's words are while it writes the text; nothing is searched for
// afterwards. render_qwen3_5_chat is the renderer built in; anything else that turns messages into
// a RenderedChat (a template engine) can stand in its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/tokenizer.h"

namespace hone {

struct ChatMessage {
  std::string role;                      // "system", "user" or "assistant"
  std::string content;                   // UTF-8
  std::optional<std::string> reasoning;  // an assistant's thoughts before the content
};

// Bytes [begin, end) of a text.
struct ByteRange {
  size_t begin = 0, end = 0;
  bool operator==(const ByteRange&) const = default;
};

struct RenderedChat {
  std::string text;
  std::vector<ByteRange> learned;  // ascending, disjoint
};

using RenderChat = std::function<RenderedChat(std::span<const ChatMessage>)>;

// The official form of Qwen3.5 for conversations without tools:
//
//   <|im_start|>system\n...<|im_end|>\n<|im_start|>user\n...<|im_end|>\n
//   <|im_start|>assistant\n<think>\n\n</think>\n\n...<|im_end|>\n
//
// Messages lose the white space around them. Assistant turns after the last user message get a
// think block, empty without reasoning; earlier turns lose theirs. Learned is what the assistant
// writes after its generation prompt, up to and including <|im_end|>: the prompt ends behind
// "assistant\n" in earlier turns, behind the empty think block, and behind "<think>\n" where there
// is reasoning.
//
// Errors: kDataset when there is no user message, a system message is not the first, or a role is
// none of the three. Messages begin with "message <index from 0>: ".
RenderedChat render_qwen3_5_chat(std::span<const ChatMessage> messages);

// Throws Error(kModel) unless `tokenizer` knows the marks of that form as tokens of their own.
void check_qwen3_5_marks(const Tokenizer& tokenizer);

struct EncodedChat {
  std::vector<int32_t> ids;      // those of the whole text
  std::vector<uint8_t> learned;  // aligned with ids: 1 if the token lies in a learned range
};

// A token that a range's border cuts through counts as what follows the border.
// Errors: as Tokenizer::encode.
EncodedChat encode_chat(const Tokenizer& tokenizer, const RenderedChat& chat);

}  // namespace hone
