// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/row_encoder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "data/chat_row.h"
#include "data/conversation.h"
#include "data/printable.h"
#include "data/prompt_row.h"
#include "data/roles.h"
#include "data/row_reader.h"

namespace hone {
namespace {

constexpr int64_t kIgnored = -100;  // the label of a token that is none

// The integers of a row's list, each in [min, max].
std::vector<int64_t> read_integers(const JsonValue& row, const char* field, int64_t min,
                                   int64_t max) {
  const JsonValue list = row.at(field);
  if (!list.is_array()) list.reject("a list of integers");
  std::vector<int64_t> read;
  read.reserve(list.raw().size());
  for (const Json& element : list.raw()) {
    const int64_t value = element.is_number_integer() ? element.get<int64_t>() : min - 1;
    if (value < min || value > max) list.at(std::ssize(read)).as_int({min, max});  // throws
    read.push_back(value);
  }
  return read;
}

// Tokens that are attended to: padding may only stand at the ends.
std::pair<size_t, size_t> attended(const JsonValue& row, size_t tokens) {
  if (!row.find("attention_mask")) return {0, tokens};
  const std::vector<int64_t> mask = read_integers(row, "attention_mask", 0, 1);
  if (mask.size() != tokens)
    row.at("attention_mask").reject("as many values as input_ids, " + std::to_string(tokens));
  const auto begin = std::find(mask.begin(), mask.end(), 1);
  const auto end = std::find(begin, mask.end(), 0);
  if (std::find(end, mask.end(), 1) != mask.end())
    row.at("attention_mask").reject("zeros at the ends only, where padding is");
  return {static_cast<size_t>(begin - mask.begin()), static_cast<size_t>(end - mask.begin())};
}

}  // namespace

RowEncoder::RowEncoder(const Tokenizer& tokenizer, RowEncoding encoding)
    : tokenizer_(&tokenizer), encoding_(std::move(encoding)) {
  const RowFields& fields = encoding_.fields;
  for (std::string& role : encoding_.mask.roles_to_train) {
    role = template_role(role, fields);
    if (!is_known_role(role, fields))
      fail(ErrorCode::kUsage, "roles_to_train: expected ", expected_roles(role, fields), ", found ",
           quote(role, 60));
  }
}

RowEncoder RowEncoder::detected(const JsonValue& row) const {
  RowEncoder encoder = *this;
  encoder.encoding_.fields = detect_fields(row, encoding_.fields);
  return encoder;
}

TokenRow RowEncoder::encode(const JsonValue& row, uint64_t* roles) const {
  if (roles != nullptr) *roles = 0;
  const RowFields& fields = encoding_.fields;
  TokenRow tokens;
  if (fields.format == RowFormat::kTokens) {
    tokens = read_tokens(row);
  } else {
    tokens = are_conversations(fields) ? encode_chat_row(row, roles) : encode_prompt(row);
  }
  if (!tokens.is_label.empty()) tokens.is_label.front() = 0;
  return tokens;
}

TokenRow RowEncoder::encode_chat_row(const JsonValue& row, uint64_t* roles) const {
  const Conversation conversation = read_conversation(row, encoding_.fields);
  if (roles != nullptr)
    for (size_t i = 0; i < std::min<size_t>(roles_to_train().size(), 64); ++i)
      for (const Json& message : conversation.messages)
        if (message.at("role") == roles_to_train()[i]) *roles |= uint64_t{1} << i;
  const RenderedChat chat = encoding_.render(conversation);
  const std::vector<ByteRange> learned = learned_ranges(chat, conversation, encoding_.mask);
  try {
    EncodedChat encoded = encode_chat(*tokenizer_, chat.text, learned);
    return {std::move(encoded.ids), std::move(encoded.learned)};
  } catch (const Error& e) {  // a tokenizer does not know the row
    fail(e.code(), row.place(), ": ", e.what());
  }
}

int32_t RowEncoder::eos_id(const JsonValue& row) const {
  const std::string& token = encoding_.mask.eos_token;
  const std::optional<int32_t> id = token.empty() ? std::nullopt : tokenizer_->token_to_id(token);
  if (!id)
    fail(ErrorCode::kModel, row.place(), ": a row of ", name_of(encoding_.fields.format),
         " ends with the tokenizer's end-of-text token, but ",
         token.empty() ? "tokenizer_config.json names no eos_token"
                       : quote(token) + " is not in its vocabulary",
         "; set special_tokens.eos_token");
  return *id;
}

TokenRow RowEncoder::encode_prompt(const JsonValue& row) const {
  const PromptRow prompt = read_prompt(row, encoding_.fields);
  const int32_t eos = prompt.ends ? eos_id(row) : -1;
  TokenRow tokens;
  for (const TextSegment& segment : prompt.segments) {
    const bool learned = segment.learned || encoding_.mask.train_on_inputs;
    // Prompts get what the tokenizer puts in front of a text; "segments" are taken as they are.
    const bool special = tokens.ids.empty() && encoding_.fields.format != RowFormat::kInputOutput;
    try {
      const std::vector<int32_t> ids = tokenizer_->encode(segment.text, special);
      tokens.ids.insert(tokens.ids.end(), ids.begin(), ids.end());
    } catch (const Error& e) {
      fail(e.code(), row.place(), ": ", e.what());
    }
    if (special && prompt.segments.size() > 1 && !tokens.ids.empty() && tokens.ids.back() == eos)
      tokens.ids.pop_back();  // the text goes on
    tokens.is_label.resize(tokens.ids.size(), learned);
  }
  if (prompt.ends && (tokens.ids.empty() || tokens.ids.back() != eos)) {
    tokens.ids.push_back(eos);
    tokens.is_label.push_back(1);
  }
  return tokens;
}

TokenRow RowEncoder::read_tokens(const JsonValue& row) const {
  const int64_t largest = tokenizer_->vocab_size() - 1;
  const std::vector<int64_t> ids = read_integers(row, "input_ids", 0, largest);
  std::vector<int64_t> labels = ids;
  if (row.find("labels") && !encoding_.mask.train_on_inputs)
    labels = read_integers(row, "labels", kIgnored, largest);
  if (labels.size() != ids.size())
    row.at("labels").reject("as many values as input_ids, " + std::to_string(ids.size()));
  const auto [begin, end] = attended(row, ids.size());
  TokenRow tokens;
  for (size_t i = begin; i < end; ++i) {
    if (labels[i] != kIgnored && labels[i] != ids[i])
      row.at("labels")
          .at(static_cast<int64_t>(i))
          .reject("-100, or the token of input_ids there, " + std::to_string(ids[i]));
    tokens.ids.push_back(static_cast<int32_t>(ids[i]));
    tokens.is_label.push_back(labels[i] != kIgnored);
  }
  return tokens;
}

TokenRow encode_row_text(std::string_view bytes, const RowEncoder& encoder,
                         const std::string& name) {
  const JsonValue row = parse_row({std::string(bytes), 1, 1}, name);
  return encoder.detected(row).encode(row);
}

std::vector<TokenRow> cut_text(const TokenRow& row, int64_t max_tokens) {
  check(max_tokens >= 2, "cut_text: parts of ", max_tokens, " tokens");
  std::vector<TokenRow> parts;
  for (int64_t begin = 0; begin == 0 || begin + 1 < row.size(); begin += max_tokens - 1) {
    const int64_t end = std::min(begin + max_tokens, row.size());
    TokenRow& part = parts.emplace_back();
    part.ids.assign(row.ids.begin() + begin, row.ids.begin() + end);
    part.is_label.assign(row.is_label.begin() + begin, row.is_label.begin() + end);
    if (!part.is_label.empty()) part.is_label.front() = 0;
  }
  return parts;
}

}  // namespace hone
