// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_mask.h"

#include <doctest/doctest.h>

#include "data/conversation.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

const Tokenizer& tokenizer() {
  static const Tokenizer t = Tokenizer::load("data/quickstart");
  return t;
}

// "<s>" header, "</s>" the eos mark, "</t>" another mark.
struct Written {
  RenderedChat chat;
  Conversation conversation;

  Written& turn(const char* role, std::string_view header, std::string_view own,
                std::string_view mark, std::string_view rest = "\n") {
    TurnSpan& t = chat.turns.emplace_back();
    t.message = conversation.size();
    t.whole.begin = chat.text.size();
    chat.text += header;
    t.header_end = chat.text.size();
    chat.text += own;
    t.end_mark.begin = chat.text.size();
    chat.text += mark;
    t.end_mark.end = chat.text.size();
    chat.text += rest;
    t.whole.end = chat.text.size();
    if (mark.empty()) t.end_mark = {t.whole.end, t.whole.end};
    conversation.messages.push_back(chat_message(role, own));
    conversation.where = "a.jsonl:3";
    return *this;
  }

  // The last turn's bytes of `part` as a {% generation %} block.
  Written& generated(std::string_view part) {
    chat.has_generation_blocks = true;
    const size_t at = chat.text.find(part, chat.turns.back().whole.begin);
    REQUIRE(at != std::string::npos);
    chat.generation.push_back({at, at + part.size()});
    return *this;
  }

  Json& last() { return conversation.messages.back(); }

  // The learned parts, with "|" between them.
  std::string learned(MaskOptions options = {}) const {
    options.eos_token = "</s>";
    std::string text;
    for (const ByteRange& r : learned_ranges(chat, conversation, options))
      text += (text.empty() ? "" : "|") + chat.text.substr(r.begin, r.size());
    return text;
  }
};

Written two_rounds() {
  Written w;
  w.turn("system", "<s>S:", "sys", "</s>").turn("user", "<s>U:", "one", "</t>");
  w.turn("assistant", "<s>A:", "first", "</s>").turn("user", "<s>U:", "two", "</t>");
  w.turn("assistant", "<s>A:", "second", "</s>");
  return w;
}

TEST_CASE("learned_ranges: the assistant's words and their end marks, nothing else") {
  CHECK(two_rounds().learned() == "first</s>|second</s>");
  CHECK(Written().learned() == "");
}

TEST_CASE("learned_ranges: roles_to_train") {
  const Written w = two_rounds();
  CHECK(w.learned({.roles_to_train = {"user"}}) == "one</t>|two</t>");
  CHECK(w.learned({.roles_to_train = {"system", "assistant"}}) == "sys</s>|first</s>|second</s>");
  CHECK(w.learned({.roles_to_train = {}}) == "");
  CHECK(w.learned({.roles_to_train = {"Assistant"}}) == "");
}

TEST_CASE("learned_ranges: train_on_eos and train_on_eot") {
  const Written w = two_rounds();
  CHECK(w.learned({.train_on_eos = TrainOnMark::kNone}) == "first|second");
  CHECK(w.learned({.train_on_eos = TrainOnMark::kLast, .train_on_eot = TrainOnMark::kNone}) ==
        "first|second</s>");
  CHECK(w.learned({.train_on_eos = TrainOnMark::kAll}) == "</s>|</t>|first</s>|</t>|second</s>");
  CHECK(w.learned({.train_on_eos = TrainOnMark::kAll, .train_on_eot = TrainOnMark::kNone}) ==
        "</s>|first</s>|second</s>");
  CHECK(w.learned({.train_on_eos = TrainOnMark::kNone, .train_on_eot = TrainOnMark::kLast}) ==
        "first|</t>|second");
  CHECK(w.learned({.roles_to_train = {"user"}, .train_on_eot = TrainOnMark::kNone}) == "one|two");
}

TEST_CASE("learned_ranges: a message's own train and weight") {
  Written w = two_rounds();
  w.conversation.messages[2]["train"] = false;
  w.conversation.messages[3]["train"] = true;
  CHECK(w.learned() == "two</t>|second</s>");
  w.conversation.messages[2]["train"] = nullptr;
  w.conversation.messages[2]["weight"] = 1;
  w.conversation.messages[4]["weight"] = 0.0;
  CHECK(w.learned() == "first</s>|two</t>");
  w.conversation.messages[4]["weight"] = 0.5;
  check_contains(error_of(ErrorCode::kDataset, [&] { w.learned(); }),
                 "a.jsonl:3: message 4: \"weight\" is neither 0 nor 1");
  w.conversation.messages[4]["weight"] = "1";
  check_contains(error_of(ErrorCode::kDataset, [&] { w.learned(); }), "\"weight\"");
  w.conversation.messages[1]["train"] = "yes";
  check_contains(error_of(ErrorCode::kDataset, [&] { w.learned(); }),
                 "message 1: \"train\" is neither true nor false");
}

TEST_CASE("learned_ranges: no end mark, empty turns, train_on_inputs") {
  Written w;
  w.turn("user", "U:", "q", "").turn("assistant", "A:", "a", "", "\n\n");
  w.turn("assistant", "A:", "", "</s>");
  CHECK(w.learned() == "a\n\n|</s>");
  CHECK(w.learned({.train_on_eos = TrainOnMark::kNone}) == "a\n\n");
  CHECK(w.learned({.train_on_inputs = true}) == w.chat.text);
  CHECK(Written().learned({.train_on_inputs = true}) == "");
}

TEST_CASE("learned_ranges: generation blocks say what is learned") {
  Written w;
  w.turn("user", "U:", "q", "</s>");
  w.turn("assistant", "A:", "think. say", "</s>").generated("say</s>\n");
  w.turn("user", "U:", "r", "</s>");
  w.turn("assistant", "A:", "outside", "</s>").generated("out");
  CHECK(w.learned() == "say</s>\n|out");
  CHECK(w.learned({.train_on_eos = TrainOnMark::kNone}) == "say|\n|out");
  CHECK(w.learned({.train_on_eos = TrainOnMark::kLast}) == "say|\n|out|</s>");
  CHECK(w.learned({.roles_to_train = {"user", "assistant"}}) == "q</s>|say</s>\n|r</s>|out");
  w.last()["train"] = false;
  CHECK(w.learned() == "say</s>\n");
}

TEST_CASE("learned_ranges: a message that cannot be found is an error if it should be learned") {
  Written w = two_rounds();
  w.chat.turns.pop_back();
  w.chat.unattributed.push_back({4, "two loops wrote it"});
  check_contains(error_of(ErrorCode::kDataset, [&] { w.learned(); }),
                 "a.jsonl:3: message 4: it should be learned, but where the template put it cannot "
                 "be told: two loops wrote it");
  CHECK(w.learned({.roles_to_train = {"user"}}) == "one</t>|two</t>");
  w.last()["train"] = false;
  CHECK(w.learned() == "first</s>");
}

TEST_CASE("learned_ranges: spans out of order are a bug, not a mask") {
  Written w = two_rounds();
  w.chat.turns[2].header_end = w.chat.turns[2].whole.end;
  CHECK_THROWS_AS(w.learned(), Error);
}

TEST_CASE("parse_train_on_mark") {
  CHECK(parse_train_on_mark("turn") == TrainOnMark::kTurn);
  CHECK(parse_train_on_mark("all") == TrainOnMark::kAll);
  CHECK(parse_train_on_mark("last") == TrainOnMark::kLast);
  CHECK(parse_train_on_mark("none") == TrainOnMark::kNone);
  CHECK_FALSE(parse_train_on_mark("Turn").has_value());
}

// The learned tokens, decoded run by run; "|" stands for each run that is not learned.
std::string mask_text(std::string_view text, const std::vector<ByteRange>& ranges) {
  const EncodedChat encoded = encode_chat(tokenizer(), text, ranges);
  CHECK(encoded.ids == tokenizer().encode(text));
  REQUIRE(encoded.learned.size() == encoded.ids.size());
  std::string out;
  for (size_t i = 0, end = 0; i < encoded.ids.size(); i = end) {
    while (end < encoded.ids.size() && encoded.learned[end] == encoded.learned[i]) ++end;
    out +=
        encoded.learned[i] ? tokenizer().decode(std::span(encoded.ids).subspan(i, end - i)) : "|";
  }
  return out;
}

TEST_CASE("encode_chat: the ids are those of the whole text, the mask follows the ranges") {
  Written w;
  w.turn("user", "<|im_start|>user\n", "one 12", "<|im_end|>");
  w.turn("assistant", "<|im_start|>assistant\n", "first.", "<|im_end|>");
  w.turn("user", "<|im_start|>user\n", "two\n\nlines!", "<|im_end|>");
  w.turn("assistant", "<|im_start|>assistant\n", "second \xc3\xa9!", "<|im_end|>");
  const auto ranges = learned_ranges(w.chat, w.conversation, {});
  CHECK(mask_text(w.chat.text, ranges) == "|first.<|im_end|>|second \xc3\xa9!<|im_end|>|");
}

TEST_CASE("encode_chat: a border inside a word leaves the tokens alone") {
  // The border lies inside one token of the whole text.
  const std::string text = "abc hello world";
  const std::vector<int32_t> whole = tokenizer().encode(text);
  for (size_t border = 1; border < text.size(); ++border) {
    CAPTURE(border);
    const std::vector<ByteRange> ranges = {{border, text.size()}};
    const EncodedChat encoded = encode_chat(tokenizer(), text, ranges);
    CHECK(encoded.ids == whole);
    REQUIRE(encoded.learned.size() == whole.size());
    // Learned is a tail, and what is not learned lies before the border.
    size_t unlearned = 0;
    while (unlearned < whole.size() && !encoded.learned[unlearned]) ++unlearned;
    for (size_t i = unlearned; i < whole.size(); ++i) CHECK(encoded.learned[i] == 1);
    CHECK(unlearned < whole.size());
    CHECK(tokenizer().decode(std::span(whole).first(unlearned)).size() <= border);
  }
}

TEST_CASE("encode_chat: no range, and ranges that touch the ends of the text") {
  CHECK(mask_text("a b", {}) == "|");
  CHECK(mask_text("a b", {{0, 3}}) == "a b");
  CHECK_THROWS_AS(mask_text("a b", {{1, 4}}), Error);
  CHECK_THROWS_AS(mask_text("a b", {{1, 2}, {0, 1}}), Error);
}

}  // namespace
}  // namespace hone
