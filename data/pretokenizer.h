// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Cutting text into the words that BPE works on: the "pre_tokenizer" of a tokenizer.json.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "data/json.h"
#include "data/regex.h"
#include "data/word_scanner.h"

namespace hone {

// A byte-level pre-tokenizer: any number of Split stages (a Regex or a String, behavior Isolated),
// each applied to the pieces of the one before, and ByteLevel at the end, which may bring GPT-2's
// pattern. Known patterns run in the word scanner, others in PCRE2. Safe for concurrent use.
class PreTokenizer {
 public:
  // `json` is the "pre_tokenizer" object.
  // Errors: kModel for anything but the above.
  static PreTokenizer from_json(const JsonValue& json);

  // Appends the words of `text`: they cover it, none is empty. Requires: valid UTF-8.
  // Errors: kModel from Regex::split.
  void split(std::string_view text, std::vector<std::string_view>& words) const;

 private:
  using Stage = std::variant<WordRules, Regex>;
  void add(const JsonValue& json);
  void add_split(const JsonValue& json);
  void add_byte_level(const JsonValue& json);

  std::vector<Stage> stages_;
  bool complete_ = false;  // ByteLevel has been seen
};

}  // namespace hone
