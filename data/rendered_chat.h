// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The text that a template made of a conversation, and where in it each message went.
//
// A template knows that while it writes; nothing is searched for in the messages afterwards.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace hone {

struct Conversation;  // data/conversation.h

// Bytes [begin, end) of a text.
struct ByteRange {
  size_t begin = 0, end = 0;

  bool empty() const { return begin == end; }
  size_t size() const { return end - begin; }
  bool operator==(const ByteRange&) const = default;
};

// What a template wrote for one message.
//
//   <|im_start|>assistant\n<think>\n\n</think>\n\nHello<|im_end|>\n
//   |whole.begin                                 |     |end_mark  |whole.end
//                                                |header_end
//
// In front of header_end stands what a model is given when it is asked for this message (the
// generation prompt). The end mark is the token that ends the turn; empty where a template writes
// none, and then end_mark.begin == whole.end.
struct TurnSpan {
  size_t message = 0;  // index into Conversation::messages
  ByteRange whole;
  size_t header_end = 0;
  ByteRange end_mark;
  // The message has a content, but the template wrote nothing of the message in its turn.
  bool lacks_words = false;

  bool operator==(const TurnSpan&) const = default;
};

struct RenderedChat {
  std::string text;
  std::vector<TurnSpan> turns;  // ascending, disjoint; messages that left no text have none
  // Where turns of these messages could not be told apart in the text, and why. Such a message
  // cannot be learned; that is an error only if it should be.
  struct Unattributed {
    size_t message;
    std::string reason;
  };
  std::vector<Unattributed> unattributed;
  // The insides of {% generation %} blocks, ascending and disjoint. A template that has such blocks
  // marks with them what the model writes.
  bool has_generation_blocks = false;
  std::vector<ByteRange> generation;
  // The characters that messages have in their train_detail (data/train_detail.h), as far as the
  // template wrote them; ascending and disjoint.
  std::vector<ByteRange> details;
};

// Errors: kDataset "<where>: ..." for conversations that the template does not take.
using RenderChat = std::function<RenderedChat(const Conversation&)>;

}  // namespace hone
