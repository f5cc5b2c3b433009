// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Byte-pair encoding: from the bytes of a word to token ids.
//
//   A word starts as one token per byte. The adjacent pair whose merge has the lowest rank is
//   replaced by the merged token, the leftmost one first, until no pair has a merge.
//
// Source: Sennrich et al. 2016, arXiv:1508.07909; byte level: Radford et al. 2019 (GPT-2).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hone {

// left and right (token ids) become `result`.
struct BpeMerge {
  int32_t left, right, result;
};

class Bpe {
 public:
  // Ids of words encoded before. For use by one thread at a time, with one Bpe.
  class Cache;

  // byte_ids  [256] id of the token of each byte, -1 where the vocabulary has none
  // merges    in order of rank; of two for the same pair the later one counts
  // words     bytes -> id of words that are a token of their own before any merge is tried
  //           ("ignore_merges"); empty for plain BPE
  // Requires: every result's bytes are those of left and right together.
  Bpe(const std::array<int32_t, 256>& byte_ids, const std::vector<BpeMerge>& merges,
      std::unordered_map<std::string, int32_t> words = {});

  // Appends the ids of `word`, any bytes. O(n log n) for n bytes. Safe for concurrent use with a
  // cache per thread.
  // Errors: kModel when the vocabulary lacks a byte of the word.
  void encode(std::string_view word, Cache& cache, std::vector<int32_t>& ids) const;

 private:
  struct MergeSlot {
    uint64_t pair = kNoPair;
    int32_t rank = 0;
    int32_t result = 0;
  };
  static constexpr uint64_t kNoPair = ~uint64_t{0};

  static uint64_t pair_of(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  size_t slot_of(uint64_t pair) const;
  const MergeSlot* find_merge(int32_t left, int32_t right) const;  // nullptr: no such merge
  void encode_uncached(std::string_view word, std::vector<int32_t>& ids) const;
  void merge_short(std::vector<int32_t>& ids, size_t begin) const;
  void merge_long(std::vector<int32_t>& ids, size_t begin) const;

  std::array<int32_t, 256> byte_ids_;
  std::vector<MergeSlot> merges_;  // open addressing; the size is a power of two
  int shift_;                      // 64 - log2(size)
  std::unordered_map<std::string, int32_t> words_;
};

// A direct-mapped table of 2 MiB: one cache line per short word.
class Bpe::Cache {
 public:
  Cache() : entries_(size_t{1} << kLogEntries) {}

 private:
  friend class Bpe;
  static constexpr int kLogEntries = 15;
  static constexpr size_t kMaxBytes = 22;
  static constexpr size_t kMaxIds = 10;

  struct alignas(64) Entry {
    std::array<int32_t, kMaxIds> ids;
    uint8_t count = 0;
    uint8_t bytes = 0;  // 0: empty
    std::array<char, kMaxBytes> word;
  };
  static_assert(sizeof(Entry) == 64);

  Entry& entry_of(std::string_view word);

  std::vector<Entry> entries_;
};

}  // namespace hone
