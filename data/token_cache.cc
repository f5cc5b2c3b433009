// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/token_cache.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "data/printable.h"
#include "tensor/check.h"

namespace hone {
namespace {

constexpr int64_t kWordBytes = sizeof(int32_t), kInfoBytes = sizeof(TokenRowInfo);
constexpr uint64_t kMagic =
    0x314b4f5445'4e4f48;  // "HONETOK1", its bytes from the last to the first

struct Header {
  uint64_t magic = kMagic;
  ContentHash key;
  int64_t words = 0;
  int64_t rows = 0;
  ContentHash content;  // of everything behind the header
  uint64_t self = 0;    // XXH3-64 of the header before this member
};
static_assert(sizeof(Header) == 64 && sizeof(TokenRowInfo) == 32);

std::span<const std::byte> bytes_of(const Header& header) {
  return std::as_bytes(std::span(&header, 1));
}

uint64_t own_hash(const Header& header) {
  return content_hash64(bytes_of(header).first(sizeof header - sizeof header.self));
}

// The tokens of a cache that is finished.
class CacheStorage : public TokenStorage {
 public:
  explicit CacheStorage(InputFile file) : file_(std::move(file)) {}

  void append(std::span<const int32_t>) override { check(false, "token cache: is finished"); }
  void read(int64_t begin, std::span<int32_t> words) const override {
    file_.read(int64_t{sizeof(Header)} + begin * kWordBytes, std::as_writable_bytes(words));
  }

 private:
  InputFile file_;
};

ContentHash hash_behind_header(const InputFile& file) {
  ContentHasher hasher;
  std::vector<std::byte> chunk(size_t{1} << 20);
  for (int64_t at = sizeof(Header); at < file.size();) {
    const auto bytes = std::min<int64_t>(std::ssize(chunk), file.size() - at);
    const std::span<std::byte> part = std::span(chunk).first(static_cast<size_t>(bytes));
    file.read(at, part);
    hasher.add(part);
    at += bytes;
  }
  return hasher.hash();
}

// What is wrong with the header of a file of that size, "" for nothing.
std::string problem_with(const Header& header, const ContentHash& key, int64_t file_bytes) {
  if (header.magic != kMagic || header.self != own_hash(header)) return "its header is damaged";
  if (header.key != key) return "it belongs to other rows or settings";
  const int64_t space = file_bytes - int64_t{sizeof header};
  if (header.words < 0 || header.rows < 0 || header.words > space / kWordBytes ||
      header.rows > (space - header.words * kWordBytes) / kInfoBytes)
    return "it is shorter than it should be";
  return "";
}

bool places_are_possible(std::span<const TokenRowInfo> rows, int64_t words) {
  int64_t end = 0;
  for (const TokenRowInfo& row : rows) {
    if (row.begin != end || row.tokens < 2 || row.labels < 1 || row.labels >= row.tokens ||
        row.tokens > words - end)
      return false;
    end += row.tokens;
  }
  return end == words;
}

std::vector<RowCounts> read_files(const InputFile& file, int64_t offset) {
  std::string text(static_cast<size_t>(file.size() - offset), '\0');
  file.read(offset, std::as_writable_bytes(std::span(text)));
  std::vector<RowCounts> files;
  for (const JsonValue& counts : parse_json(text, {file.path(), ErrorCode::kDataset}).elements())
    files.push_back(read_row_counts(counts));
  return files;
}

}  // namespace

TokenCacheWriter::TokenCacheWriter(const std::string& path, const ContentHash& key)
    : file_(path), key_(key), offset_(sizeof(Header)) {}

void TokenCacheWriter::write(std::span<const std::byte> bytes) {
  file_.write(offset_, bytes);
  hasher_.add(bytes);
  offset_ += std::ssize(bytes);
}

void TokenCacheWriter::flush() {
  write(std::as_bytes(std::span(waiting_)));
  words_ += std::ssize(waiting_);
  waiting_.clear();
}

void TokenCacheWriter::append(std::span<const int32_t> words) {
  constexpr size_t kWaiting = size_t{1} << 18;
  waiting_.insert(waiting_.end(), words.begin(), words.end());
  if (waiting_.size() >= kWaiting) flush();
}

void TokenCacheWriter::read(int64_t, std::span<int32_t>) const {
  check(false, "token cache: read before it is finished");
}

void TokenCacheWriter::commit(std::span<const TokenRowInfo> rows,
                              const std::vector<RowCounts>& files) {
  flush();
  write(std::as_bytes(rows));
  Json about = Json::array();
  for (const RowCounts& counts : files) about.push_back(row_counts_json(counts));
  const std::string text = about.dump(-1, ' ', true, Json::error_handler_t::replace);
  write(std::as_bytes(std::span(text)));

  Header header;
  header.key = key_;
  header.words = words_;
  header.rows = std::ssize(rows);
  header.content = hasher_.hash();
  header.self = own_hash(header);
  file_.write(0, bytes_of(header));
  file_.commit();
}

CacheState open_token_cache(const std::string& path, const ContentHash& key, CachedRows& cached,
                            std::string& why) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return CacheState::kAbsent;
  const auto unusable = [&](std::string problem) {
    why = printable(path, 4096) + ": " + problem;
    return CacheState::kUnusable;
  };
  try {
    InputFile file = InputFile::open(path, ErrorCode::kDataset);
    Header header;
    if (file.size() < int64_t{sizeof header}) return unusable("it is shorter than its header");
    file.read(0, std::as_writable_bytes(std::span(&header, 1)));
    if (const std::string problem = problem_with(header, key, file.size()); !problem.empty())
      return unusable(problem);
    if (hash_behind_header(file) != header.content) return unusable("it is damaged");

    const int64_t rows_at = int64_t{sizeof header} + header.words * kWordBytes;
    std::vector<TokenRowInfo> rows(static_cast<size_t>(header.rows));
    file.read(rows_at, std::as_writable_bytes(std::span(rows)));
    if (!places_are_possible(rows, header.words)) return unusable("its rows are impossible");
    cached.files = read_files(file, rows_at + header.rows * kInfoBytes);
    cached.rows = std::make_shared<const TokenStore>(
        std::make_unique<CacheStorage>(std::move(file)), std::move(rows), path);
    return CacheState::kUsable;
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kDataset) throw;
    return unusable(e.what());
  }
}

}  // namespace hone
