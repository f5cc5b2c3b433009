// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/bpe.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "data/vocabulary.h"
#include "tests/data/cpu_timer.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

std::array<int32_t, 256> all_bytes() {
  std::array<int32_t, 256> ids;
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

std::vector<int32_t> encode(const Bpe& bpe, std::string_view word) {
  Bpe::Cache cache;
  std::vector<int32_t> ids;
  bpe.encode(word, cache, ids);
  return ids;
}

// Random merges over the letters a-d, each of two tokens that exist: result ids from 256 on.
std::vector<BpeMerge> random_merges(std::mt19937& random, int count) {
  std::vector<int32_t> tokens = {'a', 'b', 'c', 'd'};
  std::map<std::pair<int32_t, int32_t>, int32_t> known;
  std::vector<BpeMerge> merges;
  while (static_cast<int>(merges.size()) < count) {
    const int32_t left = tokens[random() % tokens.size()];
    const int32_t right = tokens[random() % tokens.size()];
    const auto id = static_cast<int32_t>(256 + merges.size());
    if (!known.emplace(std::pair{left, right}, id).second) continue;
    merges.push_back({left, right, id});
    tokens.push_back(id);
  }
  std::shuffle(merges.begin(), merges.end(), random);
  return merges;
}

// The definition, word for word.
std::vector<int32_t> encode_by_definition(const std::vector<BpeMerge>& merges,
                                          std::string_view word) {
  std::map<std::pair<int32_t, int32_t>, std::pair<int, int32_t>> rank_and_result;
  for (size_t i = 0; i < merges.size(); ++i)
    rank_and_result[{merges[i].left, merges[i].right}] = {static_cast<int>(i), merges[i].result};
  std::vector<int32_t> ids(word.begin(), word.end());
  for (;;) {
    std::pair<int, size_t> best{static_cast<int>(merges.size()), 0};
    for (size_t i = 0; i + 1 < ids.size(); ++i)
      if (const auto it = rank_and_result.find({ids[i], ids[i + 1]}); it != rank_and_result.end())
        best = std::min(best, {it->second.first, i});
    const auto [rank, at] = best;
    if (rank == static_cast<int>(merges.size())) return ids;
    ids[at] = merges[static_cast<size_t>(rank)].result;
    ids.erase(ids.begin() + static_cast<int64_t>(at) + 1);
  }
}

std::string random_word(std::mt19937& random, size_t length) {
  std::string word;
  for (size_t i = 0; i < length; ++i) word += "abcd"[random() % 4];
  return word;
}

TEST_CASE("bpe: short and long words by the definition, with and without the cache") {
  std::mt19937 random(3);
  for (int round = 0; round < 40; ++round) {
    const std::vector<BpeMerge> merges = random_merges(random, 30);
    const Bpe bpe(all_bytes(), merges);
    Bpe::Cache cache;
    for (size_t length = 1; length <= 150; length += 1 + length / 40) {
      const std::string word = random_word(random, length);
      const std::vector<int32_t> expected = encode_by_definition(merges, word);
      for (int pass = 0; pass < 2; ++pass) {
        std::vector<int32_t> ids = {-7};  // what is there already must stay
        bpe.encode(word, cache, ids);
        CHECK(ids.front() == -7);
        CHECK(std::vector<int32_t>(ids.begin() + 1, ids.end()) == expected);
      }
    }
  }
}

TEST_CASE("bpe: the lowest rank goes first, the leftmost among equals") {
  const Bpe bpe(all_bytes(), {{'b', 'c', 300}, {'a', 'b', 301}, {301, 'c', 302}, {'a', 'a', 303}});
  CHECK(encode(bpe, "abc") == std::vector<int32_t>{'a', 300});
  CHECK(encode(bpe, "abab") == std::vector<int32_t>{301, 301});
  CHECK(encode(bpe, "aaa") == std::vector<int32_t>{303, 'a'});
  CHECK(encode(bpe, "").empty());
}

TEST_CASE("bpe: of two merges of the same pair the later one counts") {
  const Bpe bpe(all_bytes(), {{'a', 'b', 300}, {'b', 'c', 301}, {'a', 'b', 300}});
  CHECK(encode(bpe, "abc") == std::vector<int32_t>{'a', 301});
}

TEST_CASE("bpe: words that are tokens come before merges") {
  const Bpe bpe(all_bytes(), {{'a', 'b', 300}}, {{"abc", 301}});
  CHECK(encode(bpe, "abc") == std::vector<int32_t>{301});
  CHECK(encode(bpe, "abcd") == std::vector<int32_t>{300, 'c', 'd'});
}

TEST_CASE("bpe: a byte without a token is an error, not a gap") {
  std::array<int32_t, 256> ids = all_bytes();
  ids[0xFF] = -1;
  const Bpe bpe(ids, {});
  CHECK(encode(bpe, "ab") == std::vector<int32_t>{'a', 'b'});
  check_contains(error_of(ErrorCode::kModel, [&] { encode(bpe, "a\xFF"); }), "byte 255");
}

TEST_CASE("bpe: a word of a million bytes takes less than two seconds") {
  std::vector<BpeMerge> merges = {
      {'a', 'a', 256}};  // doubling: a word of 2^20 letters is one token
  for (int32_t id = 256; id < 275; ++id) merges.push_back({id, id, id + 1});
  const Bpe bpe(all_bytes(), merges);
  const CpuTimer timer;
  CHECK(encode(bpe, std::string(1 << 20, 'a')) == std::vector<int32_t>{275});
  CHECK(timer.seconds() < 2);
}

TEST_CASE("vocabulary: spelling of bytes") {
  CHECK(spell_bytes(" a\n") == "\u0120a\u010a");
  CHECK(spell_bytes("\x7f\xa0\xad\xff") == "\u0121\u0142\u0143\u00ff");
  std::string bytes;
  for (int b = 0; b < 256; ++b) bytes += static_cast<char>(b);
  CHECK(token_bytes(spell_bytes(bytes)) == bytes);
  // Not spelled in the alphabet: an added token that stands for itself.
  CHECK(token_bytes("\u0120 x") == "\u0120 x");
  CHECK(token_bytes("\u4e2d") == "\u4e2d");
}

TEST_CASE("vocabulary: both directions, holes, and what may not be added") {
  Vocabulary v;
  v.add("a", 0);
  v.add("b", 5);
  CHECK(v.size() == 6);
  CHECK(v.count() == 2);
  CHECK(v.id("b") == 5);
  CHECK_FALSE(v.id("c"));
  CHECK(v.token(5) == "b");
  CHECK(v.token(3).empty());
  CHECK(v.token(-1).empty());
  CHECK(v.token(6).empty());
  CHECK_THROWS_AS(v.add("a", 7), Error);
  CHECK_THROWS_AS(v.add("c", 5), Error);
  CHECK_THROWS_AS(v.add("c", -1), Error);
  CHECK_THROWS_AS(v.add("", 1), Error);
  const Vocabulary moved = std::move(v);
  CHECK(moved.token(0) == "a");
}

}  // namespace
}  // namespace hone
