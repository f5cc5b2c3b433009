// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/bpe.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <limits>
#include <queue>

#include "tensor/check.h"

namespace hone {
namespace {

// Up to here all pairs are scanned for the lowest rank, which needs no allocation; beyond, a heap.
constexpr size_t kShortWord = 64;
constexpr int32_t kNoMerge = std::numeric_limits<int32_t>::max();

// The multiplier of Fibonacci hashing, 2^64 / golden ratio: the high bits of a product are mixed.
constexpr uint64_t kMix = 0x9E3779B97F4A7C15;

}  // namespace

Bpe::Bpe(const std::array<int32_t, 256>& byte_ids, const std::vector<BpeMerge>& merges,
         std::unordered_map<std::string, int32_t> words)
    : byte_ids_(byte_ids),
      merges_(std::bit_ceil(std::max<size_t>(2 * merges.size(), 16))),
      shift_(64 - std::countr_zero(merges_.size())),
      words_(std::move(words)) {
  int32_t rank = 0;
  for (const BpeMerge& merge : merges) {
    const uint64_t pair = pair_of(merge.left, merge.right);
    merges_[slot_of(pair)] = {pair, rank++, merge.result};
  }
}

size_t Bpe::slot_of(uint64_t pair) const {
  size_t slot = static_cast<size_t>(((pair ^ pair >> 32) * kMix) >> shift_);
  while (merges_[slot].pair != pair && merges_[slot].pair != kNoPair)
    slot = (slot + 1) & (merges_.size() - 1);
  return slot;
}

const Bpe::MergeSlot* Bpe::find_merge(int32_t left, int32_t right) const {
  const MergeSlot& slot = merges_[slot_of(pair_of(left, right))];
  return slot.pair == kNoPair ? nullptr : &slot;
}

Bpe::Cache::Entry& Bpe::Cache::entry_of(std::string_view word) {
  uint64_t hash = word.size();
  for (size_t i = 0; i < word.size(); i += 8) {
    uint64_t chunk = 0;
    std::memcpy(&chunk, word.data() + i, std::min<size_t>(8, word.size() - i));
    hash = (hash ^ chunk) * kMix;
    hash ^= hash >> 32;
  }
  return entries_[(hash * kMix) >> (64 - kLogEntries)];
}

void Bpe::encode(std::string_view word, Cache& cache, std::vector<int32_t>& ids) const {
  if (word.size() == 1 || word.size() > Cache::kMaxBytes) return encode_uncached(word, ids);
  Cache::Entry& entry = cache.entry_of(word);
  if (std::string_view(entry.word.data(), entry.bytes) == word) {
    ids.insert(ids.end(), entry.ids.begin(), entry.ids.begin() + entry.count);
    return;
  }
  const size_t begin = ids.size();
  encode_uncached(word, ids);
  const size_t count = ids.size() - begin;
  if (count > Cache::kMaxIds) return;
  entry.count = static_cast<uint8_t>(count);
  entry.bytes = static_cast<uint8_t>(word.size());
  std::copy(word.begin(), word.end(), entry.word.begin());
  std::copy_n(ids.begin() + static_cast<int64_t>(begin), count, entry.ids.begin());
}

void Bpe::encode_uncached(std::string_view word, std::vector<int32_t>& ids) const {
  if (!words_.empty()) {
    if (const auto it = words_.find(std::string(word)); it != words_.end()) {
      ids.push_back(it->second);
      return;
    }
  }
  const size_t begin = ids.size();
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    const int32_t id = byte_ids_[byte];
    if (id < 0)
      fail(ErrorCode::kModel, "the tokenizer's vocabulary has no token for byte ",
           static_cast<int>(byte), ", which the text contains: expected a byte-level vocabulary ",
           "with all 256 byte tokens");
    ids.push_back(id);
  }
  if (word.size() <= kShortWord) {
    merge_short(ids, begin);
  } else {
    merge_long(ids, begin);
  }
}

// The tokens are ids[begin..]. ranks[i] belongs to the pair (i, i + 1).
void Bpe::merge_short(std::vector<int32_t>& ids, size_t begin) const {
  int32_t* token = ids.data() + begin;
  size_t n = ids.size() - begin;
  std::array<int32_t, kShortWord> ranks, results;
  const auto look_up = [&](size_t i) {
    const MergeSlot* merge = find_merge(token[i], token[i + 1]);
    ranks[i] = merge ? merge->rank : kNoMerge;
    results[i] = merge ? merge->result : -1;
  };
  for (size_t i = 0; i + 1 < n; ++i) look_up(i);
  while (n > 1) {
    const auto lowest = std::min_element(ranks.begin(), ranks.begin() + n - 1);  // the leftmost
    if (*lowest == kNoMerge) break;
    const auto i = static_cast<size_t>(lowest - ranks.begin());
    token[i] = results[i];
    std::copy(token + i + 2, token + n, token + i + 1);
    std::copy(ranks.begin() + i + 1, ranks.begin() + n - 1, ranks.begin() + i);
    std::copy(results.begin() + i + 1, results.begin() + n - 1, results.begin() + i);
    --n;
    if (i + 1 < n) look_up(i);
    if (i > 0) look_up(i - 1);
  }
  ids.resize(begin + n);
}

// The same with a linked list over the tokens and a heap of merges, each a rank and the position of
// its left token. An entry is out of date when that pair has changed since: then its rank has.
void Bpe::merge_long(std::vector<int32_t>& ids, size_t begin) const {
  constexpr int32_t kGone = -1;
  check(ids.size() - begin < (size_t{1} << 31), "bpe: a word of ", ids.size() - begin, " bytes");
  const auto n = static_cast<int32_t>(ids.size() - begin);
  int32_t* token = ids.data() + begin;
  std::vector<int32_t> next(n), previous(n);
  for (int32_t i = 0; i < n; ++i) next[i] = i + 1, previous[i] = i - 1;

  // The lowest rank is on top, the leftmost of equal ones.
  std::priority_queue<uint64_t, std::vector<uint64_t>, std::greater<>> heap;
  const auto merge_at = [&](int32_t left) -> const MergeSlot* {
    if (left < 0 || token[left] == kGone || next[left] == n) return nullptr;
    return find_merge(token[left], token[next[left]]);
  };
  const auto push = [&](int32_t left) {
    if (const MergeSlot* merge = merge_at(left)) heap.push(pair_of(merge->rank, left));
  };
  for (int32_t i = 0; i < n; ++i) push(i);

  while (!heap.empty()) {
    const auto rank = static_cast<int32_t>(heap.top() >> 32);
    const auto left = static_cast<int32_t>(heap.top());
    heap.pop();
    const MergeSlot* merge = merge_at(left);
    if (merge == nullptr || merge->rank != rank) continue;
    const int32_t right = next[left];
    token[left] = merge->result;
    token[right] = kGone;
    next[left] = next[right];
    if (next[left] < n) previous[next[left]] = left;
    push(previous[left]);
    push(left);
  }
  ids.erase(std::remove(ids.begin() + static_cast<int64_t>(begin), ids.end(), kGone), ids.end());
}

}  // namespace hone
