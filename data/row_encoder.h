// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a dataset's row to tokens and labels.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/chat_mask.h"
#include "data/json.h"
#include "data/rendered_chat.h"
#include "data/row_format.h"
#include "data/token_row.h"
#include "data/tokenizer.h"

namespace hone {

// Raise whenever some row would give other tokens or labels: tokens kept in caches are then made
// anew.
inline constexpr int kRowEncoding = 3;

struct RowEncoding {
  RowFields fields;
  RenderChat render;            // writes conversations
  MaskOptions mask;             // what of them is learned; its eos_token ends other texts
  std::string render_settings;  // all that decides what `render` writes, for checksums
};

// Safe for concurrent use.
class RowEncoder {
 public:
  // The tokenizer outlives the encoder. Roles to train may be the rows' names of them.
  // Errors: kUsage for a role that neither templates nor fields.roles know (data/roles.h).
  RowEncoder(const Tokenizer& tokenizer, RowEncoding encoding);

  const RowFields& fields() const { return encoding_.fields; }

  // The same encoder for rows that look like `row`. Errors: as detect_fields.
  RowEncoder detected(const JsonValue& row) const;

  // The row's tokens. Conversations become one text, cut at no border; other formats one text after
  // another. The first token is never a label.
  // Requires: the format is not kAuto. Errors: kDataset naming file:line; kModel when the row has
  // to end with a token that the tokenizer lacks.
  // `roles`, if given, is set to those of roles_to_train() that the row's messages have: bit i for
  // the i-th one, of which the first 64 count.
  TokenRow encode(const JsonValue& row, uint64_t* roles = nullptr) const;

  // By the template's names.
  const std::vector<std::string>& roles_to_train() const { return encoding_.mask.roles_to_train; }

 private:
  TokenRow encode_chat_row(const JsonValue& row, uint64_t* roles) const;
  TokenRow encode_prompt(const JsonValue& row) const;
  TokenRow read_tokens(const JsonValue& row) const;
  int32_t eos_id(const JsonValue& row) const;

  const Tokenizer* tokenizer_;
  RowEncoding encoding_;
};

// A row from its bytes to its tokens, as a file with nothing else in it would give them.
// Errors: as parse_row, RowEncoder::detected and encode.
TokenRow encode_row_text(std::string_view bytes, const RowEncoder& encoder,
                         const std::string& name = "row");

// Parts of a long text, each of at most `max_tokens` tokens. Every part but the first begins with
// the last token of the one before, so that each label is learned once.
// Requires: max_tokens >= 2.
std::vector<TokenRow> cut_text(const TokenRow& row, int64_t max_tokens);

}  // namespace hone
