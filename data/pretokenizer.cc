// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/pretokenizer.h"

#include "data/printable.h"

namespace hone {

PreTokenizer PreTokenizer::from_json(const JsonValue& json) {
  PreTokenizer result;
  result.add(json);
  if (!result.complete_)
    json.reject("a ByteLevel stage at the end (hone reads byte-level BPE tokenizers only)");
  return result;
}

void PreTokenizer::add(const JsonValue& json) {
  const std::string type = json.get_string("type");
  if (type == "Sequence") {
    for (const JsonValue& stage : json.at("pretokenizers").elements()) add(stage);
    return;
  }
  if (complete_) json.reject("nothing behind the ByteLevel stage");
  if (type == "Split") {
    add_split(json);
  } else if (type == "ByteLevel") {
    add_byte_level(json);
  } else {
    json.at("type").reject("one of the pre-tokenizers that hone knows: Sequence, Split, ByteLevel");
  }
}

void PreTokenizer::add_split(const JsonValue& json) {
  if (json.get_string("behavior") != "Isolated") json.at("behavior").reject("\"Isolated\"");
  const JsonValue pattern = json.at("pattern");
  if (const auto literal = pattern.find("String")) {
    stages_.emplace_back(
        Regex::compile(literal->as_string(), Regex::Syntax::kLiteral, literal->where()));
    return;
  }
  const JsonValue regex = pattern.at("Regex");
  const std::string text = regex.as_string();
  if (const auto rules = known_word_rules(text)) {
    stages_.emplace_back(*rules);
  } else {
    stages_.emplace_back(Regex::compile(text, Regex::Syntax::kPattern, regex.where()));
  }
}

void PreTokenizer::add_byte_level(const JsonValue& json) {
  if (json.get_bool_or("add_prefix_space", true))
    json.reject("add_prefix_space false (hone adds no space in front of a text)");
  if (json.get_bool_or("use_regex", true)) stages_.emplace_back(*known_word_rules(kGpt2Pattern));
  complete_ = true;
}

void PreTokenizer::split(std::string_view text, std::vector<std::string_view>& words) const {
  const auto run = [](const Stage& stage, std::string_view piece,
                      std::vector<std::string_view>& out) {
    if (const auto* rules = std::get_if<WordRules>(&stage)) {
      scan_words(*rules, piece, out);
    } else {
      std::get<Regex>(stage).split(piece, out);
    }
  };
  if (text.empty()) return;
  if (stages_.size() == 1) return run(stages_[0], text, words);
  std::vector<std::string_view> pieces{text}, next;
  for (const Stage& stage : stages_) {
    next.clear();
    for (const std::string_view piece : pieces) run(stage, piece, next);
    pieces.swap(next);
  }
  words.insert(words.end(), pieces.begin(), pieces.end());
}

}  // namespace hone
