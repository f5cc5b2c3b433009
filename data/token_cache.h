// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Token rows kept in a file from one run to the next.
//
//   64 bytes of header | tokens, int32 each | TokenRowInfo of each row | JSON about the files
//
// A cache appears whole or not at all, and is believed only if its key and all its bytes are what
// they were when it was written.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/row_counts.h"
#include "data/token_store.h"

namespace hone {

struct CachedRows {
  std::shared_ptr<const TokenStore> rows;  // reads its tokens from the file
  std::vector<RowCounts> files;
};

// Writes a cache: tokens as they come, the rest with commit(). Without that nothing stays.
class TokenCacheWriter : public TokenStorage {
 public:
  // `key`: a checksum of everything that decides what the rows are. Errors: kDisk.
  TokenCacheWriter(const std::string& path, const ContentHash& key);

  void append(std::span<const int32_t> words) override;
  // Nothing is read before commit(). Errors: kInternal.
  void read(int64_t begin, std::span<int32_t> words) const override;

  // Errors: kDisk.
  void commit(std::span<const TokenRowInfo> rows, const std::vector<RowCounts>& files);

 private:
  void write(std::span<const std::byte> bytes);
  void flush();

  AtomicFile file_;
  ContentHash key_;
  ContentHasher hasher_;
  std::vector<int32_t> waiting_;
  int64_t words_ = 0;
  int64_t offset_;  // of the next byte
};

enum class CacheState { kUsable, kAbsent, kUnusable };

// The rows in the cache `path`; otherwise `why` says what is wrong with it when there is one.
// Reads the whole file once. Errors: kDisk when reading fails.
CacheState open_token_cache(const std::string& path, const ContentHash& key, CachedRows& cached,
                            std::string& why);

}  // namespace hone
