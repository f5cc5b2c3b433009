// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A model's tokens as text while they come, up to the first stop string.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/tokenizer.h"

namespace hone {

// Text is final as soon as no later token can change it: a character that is not complete yet, and
// what could be the beginning of a stop string, wait for the tokens after them.
class TextStream {
 public:
  // Both outlive the stream. Special tokens give no text. Requires: no stop string is empty.
  TextStream(const Tokenizer& tokenizer, std::span<const std::string> stops);

  // Takes the next token and returns the text that has become final. After a stop string nothing
  // more does.
  std::string push(int64_t token);
  // The text that was still waiting, when no more tokens come.
  std::string finish();

  // A stop string has come; the text ends before it.
  bool stopped() const { return stopped_; }
  const std::string& text() const { return text_; }  // final so far

 private:
  void decode_characters();
  std::string release(size_t bytes);

  const Tokenizer& tokenizer_;
  std::span<const std::string> stops_;
  std::vector<int32_t> undecoded_;  // tokens of characters that may be cut
  std::string waiting_;             // whole characters that are not final
  std::string text_;
  bool stopped_ = false;
};

// The longest beginning of a stop string that `text` ends with, in bytes.
size_t stop_overlap(std::string_view text, std::span<const std::string> stops);

}  // namespace hone
