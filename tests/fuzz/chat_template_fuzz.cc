// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A chat template: parsed, used for a conversation with tools, thoughts and text of many kinds, and
// the turns in what it wrote. Behind a NUL byte the input may bring a conversation of its own:
// {"messages", "tools", "chat_template_kwargs"}.
#include "data/chat_mask.h"
#include "data/chat_template.h"
#include "data/conversation.h"
#include "tests/fuzz/fuzz_target.h"

namespace hone::fuzz {
namespace {

Conversation usual_conversation() {
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

// Fewer than usual, so that loops without end do not take all the time. What the usual number comes
// to is measured in tests/bad_input.
constexpr int64_t kSteps = 100'000;

// The usual one where `text` is no JSON object.
Conversation conversation_of(std::string_view text) {
  static const Conversation usual = usual_conversation();
  const Json row = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!row.is_object()) return usual;
  Conversation c;
  c.where = "fuzz";
  if (row.contains("messages")) c.messages = row["messages"];
  if (row.contains("tools")) c.tools = row["tools"];
  if (row.contains("chat_template_kwargs")) c.template_kwargs = row["chat_template_kwargs"];
  return c;
}

void require_disjoint(const std::vector<ByteRange>& ranges, size_t size, const char* what) {
  size_t behind = 0;
  for (const ByteRange& r : ranges) {
    require(behind <= r.begin && r.begin <= r.end && r.end <= size, what, " [", r.begin, ", ",
            r.end, ") behind ", behind, " of ", size);
    behind = r.end;
  }
}

void require_consistent(const RenderedChat& chat, const Conversation& conversation) {
  std::vector<ByteRange> turns;
  for (const TurnSpan& t : chat.turns) {
    require(t.message < conversation.size(), "a turn of message ", t.message);
    require(t.whole.begin <= t.header_end && t.header_end <= t.end_mark.begin &&
                t.end_mark.begin <= t.end_mark.end && t.end_mark.end <= t.whole.end,
            "turn ", t.message, ": its parts are out of order");
    turns.push_back(t.whole);
  }
  require_disjoint(turns, chat.text.size(), "turn");
  require_disjoint(chat.generation, chat.text.size(), "generation block");
}

}  // namespace
}  // namespace hone::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hone;
  const auto [text, row] = fuzz::split_at_nul(fuzz::text_of(data, size));
  const Conversation conversation = fuzz::conversation_of(row);
  ChatTokens tokens;
  tokens.variables = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
  tokens.end_marks = {"</s>"};
  tokens.special = {"<|im_end|>", "<|im_start|>"};
  fuzz::accepts({ErrorCode::kModel, ErrorCode::kDataset}, [&] {
    const ChatTemplate chat_template(text, {"fuzz.jinja"}, tokens, kTrainingDate, fuzz::kSteps);
    fuzz::accepts({ErrorCode::kDataset}, [&] {
      const RenderedChat chat = chat_template.render(conversation);
      fuzz::require_consistent(chat, conversation);
      fuzz::require_disjoint(learned_ranges(chat, conversation, {.eos_token = "</s>"}),
                             chat.text.size(), "learned range");
    });
    chat_template.prompt(conversation);
  });
  return 0;
}
