// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/vocabulary.h"

#include <array>

#include "data/unicode.h"
#include "tensor/check.h"

namespace hone {
namespace {

constexpr char32_t kAlphabetEnd = 0x144;  // one above the last character

struct ByteAlphabet {
  std::array<char32_t, 256> character;
  std::array<int, kAlphabetEnd> byte;  // -1: not in the alphabet

  ByteAlphabet() {
    byte.fill(-1);
    char32_t next = 0x100;
    for (char32_t b = 0; b < 256; ++b) {
      const bool prints = (b > 0x20 && b < 0x7F) || (b > 0xA0 && b != 0xAD);
      character[b] = prints ? b : next++;
      byte[character[b]] = static_cast<int>(b);
    }
  }
};

const ByteAlphabet& alphabet() {
  static const ByteAlphabet instance;
  return instance;
}

}  // namespace

std::string spell_bytes(std::string_view bytes) {
  std::string out;
  for (const char b : bytes) append_utf8(out, alphabet().character[static_cast<unsigned char>(b)]);
  return out;
}

std::string token_bytes(std::string_view token) {
  std::string bytes;
  for (size_t i = 0; i < token.size();) {
    const CodePoint c = decode_utf8(token.data() + i);
    const int byte = c.value < kAlphabetEnd ? alphabet().byte[c.value] : -1;
    if (byte < 0) return std::string(token);
    bytes.push_back(static_cast<char>(byte));
    i += static_cast<size_t>(c.bytes);
  }
  return bytes;
}

void Vocabulary::add(std::string token, int32_t id) {
  check(id >= 0 && id < kMaxTokenIds && !token.empty() && this->token(id).empty(),
        "vocabulary: token ", token, " with id ", id, " is not acceptable");
  const auto [it, is_new] = ids_.emplace(std::move(token), id);
  check(is_new, "vocabulary: token ", it->first, " is there already");
  if (id >= size()) tokens_.resize(static_cast<size_t>(id) + 1);
  tokens_[static_cast<size_t>(id)] = &it->first;
}

std::optional<int32_t> Vocabulary::id(std::string_view token) const {
  const auto it = ids_.find(token);
  if (it == ids_.end()) return std::nullopt;
  return it->second;
}

std::string_view Vocabulary::token(int64_t id) const {
  if (id < 0 || id >= size() || tokens_[static_cast<size_t>(id)] == nullptr) return {};
  return *tokens_[static_cast<size_t>(id)];
}

}  // namespace hone
