// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tokens and their ids, and the alphabet that byte-level vocabularies are spelled in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hone {

// Ids must be smaller than this: 16 times the largest vocabulary in use, and few enough for tables
// indexed by id.
inline constexpr int64_t kMaxTokenIds = int64_t{1} << 22;

// A byte-level vocabulary is JSON text, so GPT-2 gave every byte a printable character: bytes that
// print in Latin-1 stand for themselves, the other 68 follow from U+0100 on ("Ġ" is a space).
std::string spell_bytes(std::string_view bytes);

// The bytes that `token` stands for. A token with a character outside the alphabet was not spelled
// that way: it stands for its own UTF-8.
std::string token_bytes(std::string_view token);

// A two-way map of token text (as spelled in the file) and id. Ids may have holes.
class Vocabulary {
 public:
  Vocabulary() = default;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;
  Vocabulary(const Vocabulary&) = delete;  // tokens_ points into ids_

  // Adds a token. Requires: neither `token` nor `id` is there yet, 0 <= id < kMaxTokenIds, and
  // `token` is not empty.
  void add(std::string token, int32_t id);

  std::optional<int32_t> id(std::string_view token) const;
  // The text of a token, "" when no token has this id.
  std::string_view token(int64_t id) const;

  int64_t count() const { return static_cast<int64_t>(ids_.size()); }    // tokens
  int64_t size() const { return static_cast<int64_t>(tokens_.size()); }  // largest id + 1

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, int32_t, Hash, std::equal_to<>> ids_;
  std::vector<const std::string*> tokens_;  // keys of ids_, which stay where they are
};

}  // namespace hone
