// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_format.h"

#include <algorithm>
#include <string_view>

#include "data/printable.h"
#include "data/unicode.h"
#include "tensor/check.h"

namespace hone {
namespace {

constexpr std::string_view kTurnBegin = "<|im_start|>";
constexpr std::string_view kTurnEnd = "<|im_end|>";
constexpr std::string_view kThinkBegin = "<think>";
constexpr std::string_view kThinkEnd = "</think>";

// What Python's str.strip() removes; templates were written with it.
bool is_python_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

// Requires: valid UTF-8, as everything from a parsed JSON text is.
std::string_view strip(std::string_view text) {
  while (!text.empty()) {
    const CodePoint first = decode_utf8(text.data());
    if (!is_python_space(first.value)) break;
    text.remove_prefix(static_cast<size_t>(first.bytes));
  }
  while (!text.empty()) {
    const CodePoint last = last_code_point(text);
    if (!is_python_space(last.value)) break;
    text.remove_suffix(static_cast<size_t>(last.bytes));
  }
  return text;
}

// An assistant's message taken apart.
struct Answer {
  std::string_view reasoning;
  std::string_view content;
};

// Reasoning may have come inside the content, in a think block.
Answer split_answer(const ChatMessage& message) {
  Answer answer{"", strip(message.content)};
  if (message.reasoning) {
    answer.reasoning = strip(*message.reasoning);
    return answer;
  }
  const size_t end = answer.content.find(kThinkEnd);
  if (end == std::string_view::npos) return answer;
  answer.reasoning = answer.content.substr(0, end);
  if (const size_t begin = answer.reasoning.rfind(kThinkBegin); begin != std::string_view::npos)
    answer.reasoning.remove_prefix(begin + kThinkBegin.size());
  answer.reasoning = strip(answer.reasoning);
  answer.content.remove_prefix(answer.content.rfind(kThinkEnd) + kThinkEnd.size());
  const size_t text = answer.content.find_first_not_of('\n');
  answer.content = text == std::string_view::npos ? "" : answer.content.substr(text);
  return answer;
}

void append_answer(const ChatMessage& message, bool keep_thoughts, RenderedChat& chat) {
  const Answer answer = split_answer(message);
  chat.text.append(kTurnBegin).append("assistant\n");
  if (keep_thoughts) {
    chat.text.append(kThinkBegin).append("\n");
    if (answer.reasoning.empty()) chat.text.append("\n").append(kThinkEnd).append("\n\n");
  }
  const size_t begin = chat.text.size();
  if (keep_thoughts && !answer.reasoning.empty())
    chat.text.append(answer.reasoning).append("\n").append(kThinkEnd).append("\n\n");
  chat.text.append(answer.content).append(kTurnEnd);
  chat.learned.push_back({begin, chat.text.size()});
  chat.text.append("\n");
}

// Index of the last message with that role, -1 without one.
int64_t last_of(std::span<const ChatMessage> messages, std::string_view role) {
  for (size_t i = messages.size(); i > 0; --i)
    if (messages[i - 1].role == role) return static_cast<int64_t>(i) - 1;
  return -1;
}

size_t common_prefix(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  const size_t limit = std::min(a.size(), b.size());
  return static_cast<size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(limit), b.begin()).first -
      a.begin());
}

// The text cut at the borders of the learned ranges: pieces take turns, not learned ones first.
std::vector<std::string_view> pieces_of(const RenderedChat& chat) {
  std::vector<std::string_view> pieces;
  const std::string_view text = chat.text;
  size_t at = 0;
  for (const ByteRange& range : chat.learned) {
    check(at <= range.begin && range.begin <= range.end && range.end <= text.size(),
          "chat: learned ranges overlap or leave the text");
    pieces.push_back(text.substr(at, range.begin - at));
    pieces.push_back(text.substr(range.begin, range.end - range.begin));
    at = range.end;
  }
  pieces.push_back(text.substr(at));
  return pieces;
}

}  // namespace

RenderedChat render_qwen3_5_chat(std::span<const ChatMessage> messages) {
  const int64_t last_user = last_of(messages, "user");
  if (last_user < 0)
    fail(ErrorCode::kDataset, "the conversation has no message with role \"user\"");
  RenderedChat chat;
  for (size_t i = 0; i < messages.size(); ++i) {
    const ChatMessage& message = messages[i];
    if (message.role == "assistant") {
      append_answer(message, static_cast<int64_t>(i) > last_user, chat);
      continue;
    }
    if (message.role == "system" && i > 0)
      fail(ErrorCode::kDataset, "message ", i, ": role \"system\" is only possible for the first");
    if (message.role != "system" && message.role != "user")
      fail(ErrorCode::kDataset, "message ", i, ": role is ", quote(message.role),
           ", expected \"system\", \"user\" or \"assistant\"");
    chat.text.append(kTurnBegin).append(message.role).append("\n");
    chat.text.append(strip(message.content)).append(kTurnEnd).append("\n");
  }
  return chat;
}

void check_qwen3_5_marks(const Tokenizer& tokenizer) {
  for (const std::string_view mark : {kTurnBegin, kTurnEnd}) {
    const std::optional<int32_t> id = tokenizer.token_to_id(mark);
    if (!id || tokenizer.encode(mark) != std::vector<int32_t>{*id})
      fail(ErrorCode::kModel, "tokenizer: ", mark,
           " is not one of its added tokens; conversations are written with it, so this model "
           "needs a tokenizer that has it");
  }
}

EncodedChat encode_chat(const Tokenizer& tokenizer, const RenderedChat& chat) {
  EncodedChat out;
  out.ids = tokenizer.encode(chat.text);
  // Piece by piece the borders are known. That the pieces give the tokens of the whole text is the
  // rule, but it has to hold: a border inside a word would change them.
  std::vector<int32_t> joined;
  bool learned = false;
  for (const std::string_view piece : pieces_of(chat)) {
    const std::vector<int32_t> ids = tokenizer.encode(piece);
    joined.insert(joined.end(), ids.begin(), ids.end());
    out.learned.resize(joined.size(), learned);
    learned = !learned;
  }
  if (joined == out.ids) return out;

  // Else a border lies behind the tokens that the text before it has by itself.
  out.learned.assign(out.ids.size(), 0);
  for (const ByteRange& range : chat.learned) {
    const auto border = [&](size_t bytes) {
      return static_cast<std::ptrdiff_t>(
          common_prefix(out.ids, tokenizer.encode(std::string_view(chat.text).substr(0, bytes))));
    };
    const auto first = out.learned.begin() + border(range.begin);
    const auto last = out.learned.begin() + border(range.end);
    std::fill(first, std::max(first, last), uint8_t{1});
  }
  return out;
}

}  // namespace hone
