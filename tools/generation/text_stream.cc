// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/generation/text_stream.h"

#include <algorithm>

#include "tensor/check.h"

namespace hone {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD: bytes that are no character
constexpr size_t kLongestCharacter = 4;                    // bytes, so at most as many tokens

}  // namespace

size_t stop_overlap(std::string_view text, std::span<const std::string> stops) {
  size_t longest = 0;
  for (const std::string& stop : stops)
    for (size_t n = std::min(stop.size(), text.size()); n > longest; --n)
      if (text.ends_with(std::string_view(stop).substr(0, n))) longest = n;
  return longest;
}

TextStream::TextStream(const Tokenizer& tokenizer, std::span<const std::string> stops)
    : tokenizer_(tokenizer), stops_(stops) {
  for (const std::string& stop : stops) check(!stop.empty(), "text stream: an empty stop string");
}

std::string TextStream::release(size_t bytes) {
  std::string part = waiting_.substr(0, bytes);
  waiting_.erase(0, bytes);
  text_ += part;
  return part;
}

// Moves whole characters from the tokens to the waiting text.
void TextStream::decode_characters() {
  const auto decode = [&](size_t begin, size_t end) {
    return tokenizer_.decode(std::span(undecoded_).subspan(begin, end - begin),
                             /*skip_special_tokens=*/true);
  };
  const size_t n = undecoded_.size();
  const std::string all = decode(0, n);
  size_t whole = n;
  if (all.ends_with(kReplacement)) {
    // The last character may be cut. Of as many tokens as a character can have, the first ones are
    // characters, or bytes that never become one: up to where the rest begins anew.
    if (n < kLongestCharacter) return;
    do --whole;
    while (whole > 0 && decode(0, whole) + decode(whole, n) != all);
    if (whole == 0) whole = n;
  }
  waiting_ += decode(0, whole);
  undecoded_.erase(undecoded_.begin(), undecoded_.begin() + static_cast<int64_t>(whole));
}

std::string TextStream::push(int64_t token) {
  if (stopped_) return "";
  undecoded_.push_back(static_cast<int32_t>(token));
  decode_characters();

  size_t found = std::string::npos;
  for (const std::string& stop : stops_) found = std::min(found, waiting_.find(stop));
  if (found != std::string::npos) {
    stopped_ = true;
    return release(found);
  }
  return release(waiting_.size() - stop_overlap(waiting_, stops_));
}

std::string TextStream::finish() {
  if (stopped_) return "";
  waiting_ += tokenizer_.decode(undecoded_, /*skip_special_tokens=*/true);
  undecoded_.clear();
  return release(waiting_.size());
}

}  // namespace hone
