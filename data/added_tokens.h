// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tokens matched as a whole before anything else happens to a text: <|im_start|> and its like.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// One entry of "added_tokens".
struct AddedToken {
  std::string content;
  int32_t id = 0;
  bool special = false;      // decode may leave it out
  bool single_word = false;  // matches only where no word character stands next to it
  bool lstrip = false;       // takes the white space before it along
  bool rstrip = false;       // takes the white space behind it along
  bool normalized = false;   // matches in the normalised text, not in the text as given
};

// A part of a text: a token, or text in between.
struct TextPart {
  std::string_view text;
  std::optional<int32_t> id;
};

// Finds tokens: at each position the longest one, from left to right. The tokens form a trie over
// bytes, so the time is O(bytes of the text x length of the longest token), near O(bytes) in
// practice. Safe for concurrent use.
class AddedTokenMatcher {
 public:
  // Longer contents would make a hostile tokenizer file slow.
  static constexpr int64_t kMaxBytes = 1024;

  // Requires: contents of 1 to kMaxBytes bytes, all different.
  explicit AddedTokenMatcher(std::vector<AddedToken> tokens = {});

  bool empty() const { return tokens_.empty(); }

  // Appends the parts of `text`: they cover it, none is empty, but for white space that both of
  // two neighbouring tokens take. Requires: valid UTF-8.
  void split(std::string_view text, std::vector<TextPart>& parts) const;

 private:
  struct Node {
    int32_t token = -1;        // index of the token that ends here
    int32_t first_child = -1;  // children are a linked list
    int32_t next_sibling = -1;
    char byte = 0;
  };
  struct Match {
    size_t begin, end;
    int32_t token;
  };

  void insert(std::string_view content, int32_t token);
  int32_t child(int32_t node, char byte) const;  // -1: none
  // The leftmost longest match at or after `from`.
  std::optional<Match> find(std::string_view text, size_t from) const;

  std::vector<AddedToken> tokens_;
  std::vector<Node> nodes_;            // [0] is the root
  std::array<int32_t, 256> by_first_;  // node of each first byte, -1: no token starts with it
};

}  // namespace hone
