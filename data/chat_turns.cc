// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/chat_turns.h"

#include <algorithm>
#include <optional>

#include "data/content_parts.h"
#include "data/jinja_text.h"

namespace hone {
namespace {

using Unattributed = RenderedChat::Unattributed;

// Where a message's bytes are.
struct Traces {
  std::vector<ByteRange> runs;  // written while a loop stood at the message, touching ones joined
  std::vector<ByteRange> own;   // its own words
};

std::string name_of(size_t message) { return "message " + std::to_string(message); }

// The part of `range` in `within`, empty ones with begin == end.
ByteRange clip(ByteRange range, ByteRange within) {
  const size_t begin = std::clamp(range.begin, within.begin, within.end);
  return {begin, std::clamp(range.end, begin, within.end)};
}

class Finder {
 public:
  Finder(jinja::Output output, const Conversation& conversation, const TurnSettings& settings)
      : conversation_(conversation), settings_(settings), traces_(conversation.size()) {
    chat_.text = std::move(output.text.bytes);
    collect_runs(output.writes);
    for (const jinja::Mark& m : output.text.marks) {
      if (m.origin >= 0) traces_[static_cast<size_t>(m.origin)].own.push_back({m.begin, m.end});
      if (m.origin == jinja::kGeneration) chat_.generation.push_back({m.begin, m.end});
      if (m.origin == jinja::kDetail) chat_.details.push_back({m.begin, m.end});
    }
  }

  RenderedChat find() {
    for (size_t i = 0; i < traces_.size(); ++i) find_turn(i);
    check_order();
    for (auto* ranges : {&chat_.generation, &chat_.details})
      std::sort(ranges->begin(), ranges->end(),
                [](const ByteRange& a, const ByteRange& b) { return a.begin < b.begin; });
    return std::move(chat_);
  }

 private:
  void collect_runs(const std::vector<jinja::Write>& writes) {
    for (size_t w = 0; w < writes.size(); ++w) {
      boundaries_.push_back(writes[w].begin);
      if (writes[w].message < 0) continue;
      const size_t end = w + 1 < writes.size() ? writes[w + 1].begin : chat_.text.size();
      auto& runs = traces_[static_cast<size_t>(writes[w].message)].runs;
      if (!runs.empty() && runs.back().end == writes[w].begin) {
        runs.back().end = end;
      } else {
        runs.push_back({writes[w].begin, end});
      }
    }
  }

  void lose(size_t message, std::string reason) {
    chat_.unattributed.push_back({message, std::move(reason)});
  }

  void find_turn(size_t i) {
    const Traces& t = traces_[i];
    if (t.runs.empty() && t.own.empty()) return;  // the template leaves the message out
    const std::optional<ByteRange> whole = t.runs.empty() ? around_own_words(i) : single_run(i);
    if (!whole) return;
    TurnSpan turn;
    turn.message = i;
    turn.whole = *whole;
    const std::optional<size_t> header = header_end(turn);
    if (!header) return;
    turn.header_end = *header;
    turn.end_mark = end_mark(turn);
    turn.lacks_words = has_words(i) && first_word(turn) == turn.whole.end;
    if (const std::optional<size_t> stranger = stranger_in(turn)) {
      lose(i, "the template writes words of " + name_of(*stranger) + " into its turn");
      return;
    }
    chat_.turns.push_back(turn);
  }

  // The one place where the template wrote about message i.
  std::optional<ByteRange> single_run(size_t i) {
    const Traces& t = traces_[i];
    if (t.runs.size() == 1) return t.runs[0];
    // Further ones do not matter if none of the message's words is there.
    std::optional<ByteRange> only;
    for (const ByteRange& run : t.runs) {
      const bool has_words = std::any_of(t.own.begin(), t.own.end(), [&](const ByteRange& own) {
        return !clip(own, run).empty();
      });
      if (!has_words) continue;
      if (only)
        only.reset();
      else
        only = run;
    }
    if (!only) lose(i, "the template writes it in " + std::to_string(t.runs.size()) + " places");
    return only;
  }

  // Of a message that no loop stood at: from its first word up to the next thing that the template
  // takes from elsewhere.
  std::optional<ByteRange> around_own_words(size_t i) {
    const Traces& t = traces_[i];
    size_t begin = t.own.front().begin, end = t.own.back().end;
    // The generation prompt in front of it belongs to it.
    size_t before = 0, after = chat_.text.size();
    for (size_t j = 0; j < traces_.size(); ++j) {
      if (j == i) continue;
      for (const auto* ranges : {&traces_[j].runs, &traces_[j].own})
        for (const ByteRange& r : *ranges) {
          if (r.begin < end && begin < r.end) {
            lose(i, "its words are inside the turn of " + name_of(j));
            return std::nullopt;
          }
          if (r.end <= begin) before = std::max(before, r.end);
          if (r.begin >= end) after = std::min(after, r.begin);
        }
    }
    if (is_assistant(i)) {
      const auto header = find_header({before, begin});
      if (!header) {
        lose(i, "no loop over the messages writes it");
        return std::nullopt;
      }
      begin = header->begin;
    }
    if (const auto mark = find_mark({end, after})) end = mark->end;
    return ByteRange{begin, end};
  }

  // Whether there is something in the message's content to write. Thoughts are not: templates leave
  // those of earlier answers out.
  bool has_words(size_t i) const {
    const Json& message = conversation_.messages[i];
    const auto content = message.find("content");
    if (content == message.end()) return false;
    const std::string text =
        content->is_string() ? content->get<std::string>() : joined_text(*content).value_or("");
    constexpr std::string_view kThoughtsEnd = "</think>";
    const size_t thoughts = text.rfind(kThoughtsEnd);
    const size_t begin = thoughts == std::string::npos ? 0 : thoughts + kThoughtsEnd.size();
    const std::string_view words = std::string_view(text).substr(begin);
    return jinja::strip_borders(words, true, false).begin < words.size();
  }

  bool is_assistant(size_t i) const {
    const Json& role = conversation_.messages[i].at("role");
    return role == "assistant" || role == "model";
  }

  std::string_view text(ByteRange range) const {
    return std::string_view(chat_.text).substr(range.begin, range.end - range.begin);
  }

  // The longest beginning of a generation prompt, in whole pieces, in text that the template itself
  // wrote.
  std::optional<ByteRange> find_header(ByteRange literal) const {
    std::optional<ByteRange> best;
    for (const std::vector<std::string>& pieces : settings_.headers) {
      std::string prefix;
      for (const std::string& piece : pieces) {
        prefix += piece;
        const size_t at = text(literal).find(prefix);
        if (at == std::string_view::npos) break;
        if (!best || prefix.size() > best->size())
          best = {literal.begin + at, literal.begin + at + prefix.size()};
      }
    }
    return best;
  }

  // The first of the message's own words in the turn, or the turn's end.
  size_t first_word(const TurnSpan& turn) const {
    for (const ByteRange& own : traces_[turn.message].own)
      if (const ByteRange r = clip(own, turn.whole); !r.empty()) return r.begin;
    return turn.whole.end;
  }

  size_t behind_last_word(const TurnSpan& turn) const {
    size_t end = turn.header_end;
    for (const ByteRange& own : traces_[turn.message].own)
      if (const ByteRange r = clip(own, turn.whole); !r.empty()) end = std::max(end, r.end);
    return end;
  }

  std::optional<size_t> header_end(const TurnSpan& turn) {
    const size_t word = first_word(turn);
    if (!is_assistant(turn.message)) return word;
    if (const auto header = find_header({turn.whole.begin, word})) return header->end;
    if (settings_.headers.empty()) return turn.whole.begin;
    for (const std::string& prompt : settings_.prompts_before(turn.message))
      if (const auto end = end_of_prompt(turn, word, prompt)) return end;
    lose(turn.message, "its turn does not begin with the template's generation prompt");
    return std::nullopt;
  }

  // Where the turn's header ends if the text in front of the turn is that of `prompt`. A prompt
  // that goes on otherwise than the turn counts up to the end of its last common line.
  std::optional<size_t> end_of_prompt(const TurnSpan& turn, size_t word,
                                      const std::string& prompt) const {
    const size_t limit = std::min(prompt.size(), word);
    const auto end =
        std::mismatch(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(limit),
                      chat_.text.begin())
            .first;
    const auto common = static_cast<size_t>(end - prompt.begin());
    if (common < turn.whole.begin) return std::nullopt;
    if (common == prompt.size()) return common;
    const size_t line = chat_.text.rfind('\n', common == 0 ? 0 : common - 1);
    if (common == 0 || line == std::string::npos || line < turn.whole.begin) return std::nullopt;
    return line + 1;
  }

  // The first end mark in text that the template itself wrote.
  std::optional<ByteRange> find_mark(ByteRange literal) const {
    for (const auto* tokens : {&settings_.end_marks, &settings_.special}) {
      std::optional<ByteRange> first;
      for (const std::string& token : *tokens) {
        if (token.empty()) continue;
        const size_t at = text(literal).find(token);
        if (at == std::string_view::npos) continue;
        const size_t begin = literal.begin + at;
        const bool earlier = !first || begin < first->begin ||
                             (begin == first->begin && token.size() > first->size());
        if (earlier) first = {begin, begin + token.size()};
      }
      if (first) return first;
    }
    return std::nullopt;
  }

  ByteRange end_mark(const TurnSpan& turn) const {
    const ByteRange nothing = {turn.whole.end, turn.whole.end};
    return find_mark({behind_last_word(turn), turn.whole.end}).value_or(nothing);
  }

  // Another message whose words would be learned with this one's.
  std::optional<size_t> stranger_in(const TurnSpan& turn) const {
    for (size_t j = 0; j < traces_.size(); ++j) {
      if (j == turn.message) continue;
      for (const ByteRange& own : traces_[j].own)
        if (!clip(own, {turn.header_end, turn.end_mark.end}).empty()) return j;
    }
    return std::nullopt;
  }

  // Turns in the order of the text; those that overlap cannot be told apart.
  void check_order() {
    std::sort(chat_.turns.begin(), chat_.turns.end(),
              [](const TurnSpan& a, const TurnSpan& b) { return a.whole.begin < b.whole.begin; });
    std::vector<TurnSpan> kept;
    for (const TurnSpan& turn : chat_.turns) {
      if (!kept.empty() && turn.whole.begin < kept.back().whole.end) {
        lose(turn.message, "its text overlaps that of " + name_of(kept.back().message));
        lose(kept.back().message, "its text overlaps that of " + name_of(turn.message));
        kept.back().whole.end = std::max(kept.back().whole.end, turn.whole.end);
        overlapping_.push_back(kept.size() - 1);
        continue;
      }
      kept.push_back(turn);
    }
    for (auto at = overlapping_.rbegin(); at != overlapping_.rend(); ++at)
      if (*at < kept.size()) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(*at));
    chat_.turns = std::move(kept);
  }

  const Conversation& conversation_;
  const TurnSettings& settings_;
  std::vector<Traces> traces_;
  std::vector<size_t> boundaries_;
  std::vector<size_t> overlapping_;
  RenderedChat chat_;
};

}  // namespace

RenderedChat find_turns(jinja::Output output, const Conversation& conversation,
                        const TurnSettings& settings, bool has_generation_blocks) {
  RenderedChat chat = Finder(std::move(output), conversation, settings).find();
  chat.has_generation_blocks = has_generation_blocks;
  return chat;
}

}  // namespace hone
