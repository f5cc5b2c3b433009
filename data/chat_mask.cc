// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_mask.h"

#include <algorithm>

#include "data/conversation.h"
#include "data/printable.h"
#include "data/train_detail.h"
#include "tensor/check.h"

namespace hone {
namespace {

[[noreturn]] void reject(const Conversation& conversation, size_t message, std::string_view text) {
  fail(ErrorCode::kDataset, place_of_message(conversation, message), ": ", text);
}

// What the message itself says, nullopt if nothing.
std::optional<bool> own_choice(const Conversation& conversation, size_t index) {
  const Json& message = conversation.messages[index];
  if (const auto train = message.find("train"); train != message.end() && !train->is_null()) {
    if (!train->is_boolean()) reject(conversation, index, "\"train\" is neither true nor false");
    return train->get<bool>();
  }
  if (const auto weight = message.find("weight"); weight != message.end() && !weight->is_null()) {
    const double value = weight->is_number() ? weight->get<double>() : -1;
    if (value != 0 && value != 1)
      reject(conversation, index, "\"weight\" is neither 0 nor 1; other weights are not supported");
    return value == 1;
  }
  if (const auto detail = message.find(std::string(kTrainDetail));
      detail != message.end() && !detail->is_null())
    return !detail->empty();
  return std::nullopt;
}

// Per message: is it learned?
std::vector<bool> chosen_messages(const Conversation& conversation, const MaskOptions& options) {
  std::vector<bool> chosen(conversation.size());
  for (size_t i = 0; i < chosen.size(); ++i) {
    const auto role = conversation.messages[i].at("role").get<std::string>();
    const bool by_role = std::find(options.roles_to_train.begin(), options.roles_to_train.end(),
                                   role) != options.roles_to_train.end();
    chosen[i] = own_choice(conversation, i).value_or(by_role);
  }
  return chosen;
}

// One of the two kinds of end marks.
struct MarkRule {
  TrainOnMark when;
  size_t last_turn;  // the last turn with a mark of the kind
};

class Learned {
 public:
  // Ranges come in ascending order; touching ones become one.
  void add(ByteRange range) {
    if (range.begin >= range.end) return;
    if (!ranges_.empty() && range.begin <= ranges_.back().end) {
      ranges_.back().end = std::max(ranges_.back().end, range.end);
    } else {
      ranges_.push_back(range);
    }
  }
  // Only what lies inside `within`.
  void add(std::span<const ByteRange> ranges, ByteRange within) {
    for (const ByteRange& r : ranges)
      add({std::max(r.begin, within.begin), std::min(r.end, within.end)});
  }
  std::vector<ByteRange> take() { return std::move(ranges_); }

 private:
  std::vector<ByteRange> ranges_;
};

bool overlaps(std::span<const ByteRange> ranges, ByteRange range) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const ByteRange& r) {
    return r.begin < range.end && range.begin < r.end;
  });
}

// The bytes of one rendered conversation.
class Mask {
 public:
  Mask(const RenderedChat& chat, const Conversation& conversation, const MaskOptions& options)
      : chat_(chat),
        conversation_(conversation),
        chosen_(chosen_messages(conversation, options)),
        eos_token_(options.eos_token),
        eos_{options.train_on_eos, 0},
        eot_{options.train_on_eot.value_or(options.train_on_eos), 0} {
    for (size_t t = 0; t < chat.turns.size(); ++t)
      if (!chat.turns[t].end_mark.empty()) rule_of(chat.turns[t]).last_turn = t;
  }

  std::vector<ByteRange> ranges() {
    check_found();
    for (size_t t = 0; t < chat_.turns.size(); ++t) add_turn(t);
    return learned_.take();
  }

 private:
  MarkRule& rule_of(const TurnSpan& turn) {
    const ByteRange mark = turn.end_mark;
    const bool is_eos = std::string_view(chat_.text).substr(mark.begin, mark.size()) == eos_token_;
    return is_eos ? eos_ : eot_;
  }

  void check_found() const {
    for (const RenderedChat::Unattributed& lost : chat_.unattributed)
      if (chosen_[lost.message])
        reject(
            conversation_, lost.message,
            "it should be learned, but where the template put it cannot be told: " + lost.reason +
                ". Set \"train\": false on it, or use a template with {% generation %} blocks");
  }

  void add_turn(size_t index) {
    const TurnSpan& turn = chat_.turns[index];
    check(turn.whole.begin <= turn.header_end && turn.header_end <= turn.end_mark.begin &&
              turn.end_mark.begin <= turn.end_mark.end && turn.end_mark.end <= turn.whole.end,
          "chat: the parts of turn ", index, " are out of order");
    const MarkRule rule = rule_of(turn);
    const bool chosen = chosen_[turn.message];
    if (chosen && turn.lacks_words)
      reject(conversation_, turn.message,
             "it should be learned, but the chat template writes nothing of its content; use a "
             "template that does, or set \"train\": false on the message. A template finds the "
             "content in a message's \"content\"");
    const bool with_mark = rule.when == TrainOnMark::kAll ||
                           (rule.when == TrainOnMark::kTurn && chosen) ||
                           (rule.when == TrainOnMark::kLast && rule.last_turn == index);
    if (const auto detail = train_detail(conversation_, turn.message); chosen && detail) {
      add_details(turn, *detail);
      if (with_mark) learned_.add(turn.end_mark);
      return;
    }
    if (chosen) {
      const ByteRange own = {turn.header_end, turn.end_mark.begin};
      if (chat_.has_generation_blocks && marks_generation(turn)) {
        learned_.add(chat_.generation, {turn.whole.begin, turn.end_mark.begin});
        if (with_mark) learned_.add(marks_inside(turn), turn.end_mark);
        if (!turn.end_mark.empty())
          learned_.add(chat_.generation, {turn.end_mark.end, turn.whole.end});
        return;
      }
      learned_.add(own);
    }
    if (with_mark) learned_.add(turn.end_mark);
  }

  // Of the words that the message wants learned, those that the template wrote, inside its
  // {% generation %} blocks where it has such.
  void add_details(const TurnSpan& turn, const std::vector<ByteRange>& wanted) {
    bool found = false;
    for (const ByteRange& range : chat_.details) {
      const ByteRange inside = {std::max(range.begin, turn.header_end),
                                std::min(range.end, turn.end_mark.begin)};
      if (inside.begin >= inside.end) continue;
      found = true;
      if (chat_.has_generation_blocks && marks_generation(turn))
        learned_.add(chat_.generation, inside);
      else
        learned_.add(inside);
    }
    if (!found && !wanted.empty())
      reject(conversation_, turn.message,
             "the template leaves out, or rewrites, all that its train_detail has to be learned");
  }

  // {% generation %} speaks for the assistant's turns; those of other roles that were asked for
  // have no such blocks.
  bool marks_generation(const TurnSpan& turn) const {
    return conversation_.messages[turn.message].at("role") == "assistant" ||
           overlaps(chat_.generation, turn.whole);
  }

  // The end mark if a block holds it; with kAll and kLast it needs none.
  std::span<const ByteRange> marks_inside(const TurnSpan& turn) {
    if (rule_of(turn).when == TrainOnMark::kTurn) return chat_.generation;
    return {&turn.end_mark, 1};
  }

  const RenderedChat& chat_;
  const Conversation& conversation_;
  const std::vector<bool> chosen_;
  const std::string_view eos_token_;
  MarkRule eos_, eot_;
  Learned learned_;
};

size_t common_prefix(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  const size_t limit = std::min(a.size(), b.size());
  return static_cast<size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(limit), b.begin()).first -
      a.begin());
}

// The text cut at the borders of the learned ranges: pieces take turns, not learned ones first.
std::vector<std::string_view> pieces_of(std::string_view text, std::span<const ByteRange> learned) {
  std::vector<std::string_view> pieces;
  size_t at = 0;
  for (const ByteRange& range : learned) {
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

std::optional<TrainOnMark> parse_train_on_mark(std::string_view name) {
  if (name == "turn") return TrainOnMark::kTurn;
  if (name == "all") return TrainOnMark::kAll;
  if (name == "last") return TrainOnMark::kLast;
  if (name == "none") return TrainOnMark::kNone;
  return std::nullopt;
}

std::vector<ByteRange> learned_ranges(const RenderedChat& chat, const Conversation& conversation,
                                      const MaskOptions& options) {
  if (options.train_on_inputs)
    return chat.text.empty() ? std::vector<ByteRange>{}
                             : std::vector<ByteRange>{{0, chat.text.size()}};
  return Mask(chat, conversation, options).ranges();
}

EncodedChat encode_chat(const Tokenizer& tokenizer, std::string_view text,
                        std::span<const ByteRange> learned_ranges) {
  EncodedChat out;
  out.ids = tokenizer.encode(text);
  // Piece by piece the borders are known. That the pieces give the tokens of the whole text is the
  // rule, but it has to hold: a border inside a word would change them.
  std::vector<int32_t> joined;
  bool learned = false;
  for (const std::string_view piece : pieces_of(text, learned_ranges)) {
    const std::vector<int32_t> ids = tokenizer.encode(piece);
    joined.insert(joined.end(), ids.begin(), ids.end());
    out.learned.resize(joined.size(), learned);
    learned = !learned;
  }
  if (joined == out.ids) return out;

  // Else a border lies behind the tokens that the text before it has by itself.
  out.learned.assign(out.ids.size(), 0);
  for (const ByteRange& range : learned_ranges) {
    const auto border = [&](size_t bytes) {
      return static_cast<std::ptrdiff_t>(
          common_prefix(out.ids, tokenizer.encode(text.substr(0, bytes))));
    };
    const auto first = out.learned.begin() + border(range.begin);
    const auto last = out.learned.begin() + border(range.end);
    std::fill(first, std::max(first, last), uint8_t{1});
  }
  return out;
}

}  // namespace hone
