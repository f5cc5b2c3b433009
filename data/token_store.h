// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Many token rows, of which memory holds the places only: the tokens are in a file once they are
// more than a few.
//
// Four bytes a token in the file, 32 bytes a row in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/content_hash.h"
#include "data/file.h"
#include "data/token_row.h"

namespace hone {

// What is known of a row without its tokens.
struct TokenRowInfo {
  int64_t begin = 0;  // of its tokens in the store
  int64_t line = 0;   // of the file that it came from
  uint64_t hash = 0;  // XXH3-64 of its tokens and labels
  int32_t tokens = 0;
  int32_t labels = 0;
};

// Where tokens are kept: memory, up to a limit, then a file.
class TokenStorage {
 public:
  virtual ~TokenStorage() = default;
  // Errors: kDisk.
  virtual void append(std::span<const int32_t> words) = 0;
  virtual void read(int64_t begin, std::span<int32_t> words) const = 0;
};

// Memory for the first `memory_bytes`, then a file without a name in `directory`, which goes when
// the program does, however it ends.
std::unique_ptr<TokenStorage> make_token_storage(std::string directory,
                                                 int64_t memory_bytes = int64_t{32} << 20);

// Rows in the order in which they were added. Safe for concurrent reads.
class TokenStore {
 public:
  TokenStore(std::unique_ptr<const TokenStorage> storage, std::vector<TokenRowInfo> rows,
             std::string name);

  int64_t size() const { return static_cast<int64_t>(rows_.size()); }
  const TokenRowInfo& info(int64_t row) const { return rows_[static_cast<size_t>(row)]; }
  std::span<const TokenRowInfo> rows() const { return rows_; }

  // Errors: kDisk, also when the tokens are no longer those that were stored.
  TokenRow read(int64_t row) const;

 private:
  std::unique_ptr<const TokenStorage> storage_;
  std::vector<TokenRowInfo> rows_;
  std::string name_;  // of the file, for messages
};

// A row as it is stored: the id where the token is a label, else its complement.
std::vector<int32_t> pack_row(const TokenRow& row);
TokenRow unpack_row(std::span<const int32_t> words);

// Puts rows into a storage, which outlives the builder.
class TokenStoreBuilder {
 public:
  explicit TokenStoreBuilder(TokenStorage& storage) : storage_(storage) {}

  // Requires: at least two tokens, one of them a label and not the first. Errors: kDisk.
  void add(const TokenRow& row, int64_t line);

  const std::vector<TokenRowInfo>& rows() const { return rows_; }
  std::vector<TokenRowInfo> take_rows();

 private:
  TokenStorage& storage_;
  std::vector<TokenRowInfo> rows_;
  int64_t tokens_ = 0;
};

}  // namespace hone
