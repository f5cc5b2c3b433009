// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/token_store.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "data/token_cache.h"
#include "tensor/random.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

TokenRow some_row(int64_t number) {
  const RandomStream random(1, "rows", static_cast<uint64_t>(number));
  TokenRow row;
  const uint32_t tokens = 2 + random.bits(0) % 100;
  for (uint32_t i = 0; i < tokens; ++i) {
    row.ids.push_back(static_cast<int32_t>(random.bits(1 + i) % 250'000));
    row.is_label.push_back(i > 0 && (i % 3 == 1 || i + 1 == tokens));
  }
  return row;
}

TEST_CASE("tokens: rows come back as they were, from memory and from a file") {
  const TemporaryDirectory dir;
  for (const int64_t memory : {int64_t{0}, int64_t{1000}, int64_t{1} << 24}) {
    CAPTURE(memory);
    auto storage = make_token_storage(dir.path(), memory);
    TokenStoreBuilder builder(*storage);
    for (int64_t i = 0; i < 8000; ++i) builder.add(some_row(i), 10 * i);
    const TokenStore store(std::move(storage), builder.take_rows(), "rows");
    REQUIRE(store.size() == 8000);
    for (const int64_t i : {0, 1, 17, 4000, 7998, 7999}) {
      CHECK(store.read(i) == some_row(i));
      CHECK(store.info(i).line == 10 * i);
      CHECK(store.info(i).tokens == some_row(i).size());
      CHECK(store.info(i).labels == some_row(i).labels());
    }
    CHECK(store.info(3).hash != store.info(4).hash);
    CHECK(std::filesystem::is_empty(dir.path()));  // the file has no name
  }
}

TEST_CASE("tokens: a place that cannot be written is said") {
  const std::string message = error_of(ErrorCode::kDisk, [] {
    auto storage = make_token_storage("/nowhere", 0);
    TokenStoreBuilder(*storage).add(some_row(1), 1);
  });
  check_contains(message, "/nowhere: cannot create a temporary file");
  check_contains(message, "TMPDIR");
}

TEST_CASE("tokens: rows without labels, or with one in front, are refused") {
  auto storage = make_token_storage(".");
  TokenStoreBuilder builder(*storage);
  CHECK_THROWS_AS(builder.add({{1, 2}, {0, 0}}, 1), Error);
  CHECK_THROWS_AS(builder.add({{1, 2}, {1, 1}}, 1), Error);
  CHECK_THROWS_AS(builder.add({{1}, {0}}, 1), Error);
  CHECK_THROWS_AS(builder.add({{1, 2}, {0, 1, 1}}, 1), Error);
}

std::vector<RowCounts> some_counts() {
  RowCounts counts;
  counts.path = "a\xff.jsonl";
  counts.format = "messages";
  counts.rows = 12;
  counts.kept = counts.examples = 10;
  counts.too_long = 2;
  return {counts};
}

// A cache of a few rows.
std::string write_cache(const std::string& path, const ContentHash& key) {
  TokenCacheWriter writer(path, key);
  TokenStoreBuilder builder(writer);
  for (int64_t i = 0; i < 10; ++i) builder.add(some_row(i), i);
  writer.commit(builder.rows(), some_counts());
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("token cache: what was written, under its key alone") {
  const TemporaryDirectory dir;
  const ContentHash key = {1, 2};
  CachedRows cached;
  std::string why;
  CHECK(open_token_cache(dir / "c", key, cached, why) == CacheState::kAbsent);
  write_cache(dir / "c", key);
  REQUIRE(open_token_cache(dir / "c", key, cached, why) == CacheState::kUsable);
  REQUIRE(cached.rows->size() == 10);
  for (int64_t i = 0; i < 10; ++i) CHECK(cached.rows->read(i) == some_row(i));
  CHECK(cached.files.size() == 1);
  CHECK(cached.files[0].too_long == 2);
  CHECK(cached.files[0].format == "messages");
  CHECK(open_token_cache(dir / "c", {1, 3}, cached, why) == CacheState::kUnusable);
  check_contains(why, "belongs to other rows or settings");
  CHECK(open_token_cache(dir.path(), key, cached, why) == CacheState::kUnusable);
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
}

TEST_CASE("token cache: every byte counts, and so does every missing one") {
  const TemporaryDirectory dir;
  const ContentHash key = {1, 2};
  const std::string bytes = write_cache(dir / "c", key);
  CachedRows cached;
  std::string why;
  const auto state = [&](const std::string& content) {
    std::ofstream(dir / "c", std::ios::binary) << content;
    return open_token_cache(dir / "c", key, cached, why);
  };
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    CHECK(state(changed) == CacheState::kUnusable);
  }
  for (size_t size = 0; size < bytes.size(); size += 7)
    CHECK(state(bytes.substr(0, size)) == CacheState::kUnusable);
  CHECK(state(bytes + "x") == CacheState::kUnusable);
  CHECK(state(bytes) == CacheState::kUsable);
}

TEST_CASE("token cache: tokens that change while they are used are noticed") {
  const TemporaryDirectory dir;
  const std::string bytes = write_cache(dir / "c", {1, 2});
  CachedRows cached;
  std::string why;
  REQUIRE(open_token_cache(dir / "c", {1, 2}, cached, why) == CacheState::kUsable);
  {
    std::fstream file(dir / "c", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(64);
    file << '\x55';
  }
  check_contains(error_of(ErrorCode::kDisk, [&] { cached.rows->read(0); }),
                 "are not those that were stored");
  CHECK(cached.rows->read(1) == some_row(1));
}

TEST_CASE("token cache: without commit nothing stays") {
  const TemporaryDirectory dir;
  {
    TokenCacheWriter writer(dir / "c", {1, 2});
    TokenStoreBuilder builder(writer);
    builder.add(some_row(1), 1);
  }
  CHECK(std::filesystem::is_empty(dir.path()));
}

}  // namespace
}  // namespace hone
