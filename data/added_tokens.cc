// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/added_tokens.h"

#include <algorithm>

#include "data/unicode.h"

namespace hone {
namespace {

bool has_class(char32_t c, CharClass wanted) { return CharTable::instance()[c] & wanted; }

bool ends_with_word(std::string_view text) {
  return !text.empty() && has_class(last_code_point(text).value, kWord);
}

bool starts_with_word(std::string_view text) {
  return !text.empty() && has_class(decode_utf8(text.data()).value, kWord);
}

size_t trailing_space(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    const CodePoint c = last_code_point(text.substr(0, end));
    if (!has_class(c.value, kSpace)) break;
    end -= static_cast<size_t>(c.bytes);
  }
  return text.size() - end;
}

size_t leading_space(std::string_view text) {
  size_t begin = 0;
  while (begin < text.size()) {
    const CodePoint c = decode_utf8(text.data() + begin);
    if (!has_class(c.value, kSpace)) break;
    begin += static_cast<size_t>(c.bytes);
  }
  return begin;
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), nodes_(1) {
  by_first_.fill(-1);
  for (size_t i = 0; i < tokens_.size(); ++i) insert(tokens_[i].content, static_cast<int32_t>(i));
}

void AddedTokenMatcher::insert(std::string_view content, int32_t token) {
  int32_t node = 0;
  for (const char byte : content) {
    int32_t next = child(node, byte);
    if (next < 0) {
      next = static_cast<int32_t>(nodes_.size());
      nodes_.push_back({-1, -1, nodes_[node].first_child, byte});
      nodes_[node].first_child = next;
      if (node == 0) by_first_[static_cast<unsigned char>(byte)] = next;
    }
    node = next;
  }
  nodes_[node].token = token;
}

int32_t AddedTokenMatcher::child(int32_t node, char byte) const {
  if (node == 0) return by_first_[static_cast<unsigned char>(byte)];
  int32_t c = nodes_[node].first_child;
  while (c >= 0 && nodes_[c].byte != byte) c = nodes_[c].next_sibling;
  return c;
}

std::optional<AddedTokenMatcher::Match> AddedTokenMatcher::find(std::string_view text,
                                                                size_t from) const {
  for (size_t begin = from; begin < text.size(); ++begin) {
    int32_t node = by_first_[static_cast<unsigned char>(text[begin])];
    if (node < 0) continue;
    std::optional<Match> longest;
    for (size_t end = begin + 1; node >= 0; ++end) {
      if (nodes_[node].token >= 0) longest = Match{begin, end, nodes_[node].token};
      if (end == text.size()) break;
      node = child(node, text[end]);
    }
    if (longest) return longest;
  }
  return std::nullopt;
}

void AddedTokenMatcher::split(std::string_view text, std::vector<TextPart>& parts) const {
  size_t done = 0;
  for (auto match = find(text, 0); match; match = find(text, match->end)) {
    const AddedToken& token = tokens_[match->token];
    const std::string_view before = text.substr(0, match->begin);
    const std::string_view behind = text.substr(match->end);
    if (token.single_word && (ends_with_word(before) || starts_with_word(behind))) continue;
    size_t begin = match->begin;
    size_t end = match->end;
    // White space that the token before has taken stays with that one.
    if (token.lstrip) begin = std::max(begin - trailing_space(before), done);
    if (token.rstrip) end += leading_space(behind);
    if (done < begin) parts.push_back({text.substr(done, begin - done), std::nullopt});
    parts.push_back({text.substr(begin, end - begin), token.id});
    done = end;
  }
  if (done < text.size()) parts.push_back({text.substr(done), std::nullopt});
}

}  // namespace hone
