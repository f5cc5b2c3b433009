// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Text to token ids and back.
//
//   encode: added tokens in the text as given | NFC | added tokens in the normalised text |
//           pre-tokenizer | byte-pair encoding | post-processor
//
// Ids equal those of Hugging Face `tokenizers` 0.23 (tools/tokenizer_compare.py checks that).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// A byte-level BPE tokenizer. All const functions are safe for concurrent use.
class Tokenizer {
 public:
  // `path` is a tokenizer.json, or a directory that has one.
  // Errors: kModel naming file and JSON path (data/tokenizer_json.h says what is supported).
  static Tokenizer load(const std::string& path);

  // From the text of a tokenizer.json. `name` stands for the file in messages. Errors: as load.
  static Tokenizer parse(std::string_view json, const std::string& name);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // The ids of `text`, which must be UTF-8. With add_special_tokens those that the post-processor
  // puts around a sequence (a BOS, say) are there as well. O(n log n).
  // Errors: kDataset with the offset of the first byte that is not UTF-8. kModel when the file's
  // pattern backtracks without end on this text, or the vocabulary lacks a byte of it.
  std::vector<int32_t> encode(std::string_view text, bool add_special_tokens = false) const;

  // The text of `ids`; bytes that are not UTF-8 become U+FFFD. An id without a token (the rows that
  // models add to fill up their embedding) gives nothing.
  std::string decode(std::span<const int32_t> ids, bool skip_special_tokens = false) const;

  int64_t vocab_size() const;  // largest id + 1, added tokens included

  // Tokens as spelled in the file, so "Ġthe" for " the"; added tokens as they are.
  std::optional<int32_t> token_to_id(std::string_view token) const;
  std::string id_to_token(int32_t id) const;  // "" when no token has this id
  bool is_special(int32_t id) const;          // an added token that decode can leave out

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace hone
