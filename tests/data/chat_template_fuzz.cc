// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/data/chat_template_fuzz.h"

#include <string_view>

#include "data/chat_mask.h"
#include "data/chat_template.h"
#include "data/conversation.h"

namespace hone {
namespace {

Conversation fuzzed_conversation() {
  Conversation c;
  c.where = "fuzz";
  c.messages = Json::parse(R"([
    {"role": "system", "content": [{"type": "text", "text": "Be <brief>."}]},
    {"role": "user", "content": "  Grüße, 世界! \n{{ x }}"},
    {"role": "assistant", "content": null, "reasoning_content": "hm",
     "tool_calls": [{"type": "function", "id": "c1", "function":
                     {"name": "f", "arguments": {"x": [1, 2.5, true, null], "y": {"z": "'\""}}}}]},
    {"role": "tool", "name": "f", "tool_call_id": "c1", "content": "20"},
    {"role": "assistant", "content": "<think>\na\n</think>\n\nb", "weight": 1},
    {"role": "user", "content": ""}, {"role": "assistant", "content": "end", "train": false}])");
  c.tools = Json::parse(R"([{"type": "function", "function": {"name": "f", "description": "d & <e>",
    "parameters": {"type": "object", "properties": {"x": {"type": "array"}}}}}])");
  c.template_kwargs = Json::parse(R"({"enable_thinking": true})");
  return c;
}

}  // namespace

int fuzz_chat_template(const uint8_t* data, size_t size) {
  static const Conversation conversation = fuzzed_conversation();
  ChatTokens tokens;
  tokens.variables = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
  tokens.end_marks = {"</s>"};
  tokens.special = {"<|im_end|>", "<|im_start|>"};
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const ChatTemplate chat_template(text, {"fuzz.jinja"}, tokens);
    const RenderedChat chat = chat_template.render(conversation);
    learned_ranges(chat, conversation, {.eos_token = "</s>"});
    chat_template.prompt(conversation);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal) throw;
  }
  return 0;
}

}  // namespace hone
