// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/token_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "data/printable.h"
#include "tensor/check.h"

namespace hone {
namespace {

std::string system_error() { return std::strerror(errno); }

// A file that no directory lists.
FileDescriptor open_unnamed(const std::string& directory) {
  FileDescriptor fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd.get() >= 0) return fd;
  // Not every file system has O_TMPFILE.
  std::string name = directory + "/.hone-tokens-XXXXXX";
  fd = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (fd.get() < 0)
    fail(ErrorCode::kDisk, printable(directory, 4096),
         ": cannot create a temporary file for tokens: ", system_error(),
         "; dataset_prepared_path or TMPDIR can name another folder");
  ::unlink(name.c_str());
  return fd;
}

class MemoryThenFile : public TokenStorage {
 public:
  MemoryThenFile(std::string directory, int64_t memory_bytes)
      : directory_(std::move(directory)), memory_words_(memory_bytes / int64_t{sizeof(int32_t)}) {}

  void append(std::span<const int32_t> words) override {
    words_.insert(words_.end(), words.begin(), words.end());
    const auto waiting = static_cast<int64_t>(words_.size());
    if (file_.get() < 0 ? waiting > memory_words_ : waiting >= kBufferWords) flush();
  }

  void read(int64_t begin, std::span<int32_t> words) const override {
    // The front is in the file, the rest in memory.
    const int64_t in_file = std::clamp<int64_t>(written_ - begin, 0, std::ssize(words));
    read_file(begin, words.first(static_cast<size_t>(in_file)));
    const std::span<int32_t> rest = words.subspan(static_cast<size_t>(in_file));
    const auto from = words_.begin() + std::max<int64_t>(begin - written_, 0);
    std::copy(from, from + std::ssize(rest), rest.begin());
  }

 private:
  static constexpr int64_t kBufferWords = int64_t{1} << 18;

  void flush() {
    if (file_.get() < 0) file_ = open_unnamed(directory_);
    std::span<const std::byte> bytes = std::as_bytes(std::span(words_));
    int64_t offset = written_ * int64_t{sizeof(int32_t)};
    while (!bytes.empty()) {
      const ssize_t n = ::pwrite(file_.get(), bytes.data(), bytes.size(), offset);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0)
        fail(ErrorCode::kDisk, printable(directory_, 4096),
             ": cannot write the tokens to a temporary file: ", system_error(),
             "; dataset_prepared_path or TMPDIR can name a folder with more space");
      offset += n;
      bytes = bytes.subspan(static_cast<size_t>(n));
    }
    written_ += std::ssize(words_);
    words_.clear();
    words_.shrink_to_fit();
  }

  void read_file(int64_t begin, std::span<int32_t> words) const {
    std::span<std::byte> bytes = std::as_writable_bytes(words);
    int64_t offset = begin * int64_t{sizeof(int32_t)};
    while (!bytes.empty()) {
      const ssize_t n = ::pread(file_.get(), bytes.data(), bytes.size(), offset);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0)
        fail(ErrorCode::kDisk, printable(directory_, 4096),
             ": cannot read the tokens back from a temporary file: ",
             n < 0 ? system_error() : "it became shorter");
      offset += n;
      bytes = bytes.subspan(static_cast<size_t>(n));
    }
  }

  std::string directory_;
  int64_t memory_words_;
  std::vector<int32_t> words_;  // those not written
  FileDescriptor file_;
  int64_t written_ = 0;  // words
};

uint64_t hash_of(std::span<const int32_t> words) { return content_hash64(std::as_bytes(words)); }

}  // namespace

std::unique_ptr<TokenStorage> make_token_storage(std::string directory, int64_t memory_bytes) {
  return std::make_unique<MemoryThenFile>(std::move(directory), memory_bytes);
}

std::vector<int32_t> pack_row(const TokenRow& row) {
  std::vector<int32_t> words(row.ids.size());
  for (size_t i = 0; i < words.size(); ++i) words[i] = row.is_label[i] ? row.ids[i] : ~row.ids[i];
  return words;
}

TokenRow unpack_row(std::span<const int32_t> words) {
  TokenRow row;
  row.ids.reserve(words.size());
  row.is_label.reserve(words.size());
  for (const int32_t word : words) {
    row.ids.push_back(word >= 0 ? word : ~word);
    row.is_label.push_back(word >= 0);
  }
  return row;
}

TokenStore::TokenStore(std::unique_ptr<const TokenStorage> storage, std::vector<TokenRowInfo> rows,
                       std::string name)
    : storage_(std::move(storage)), rows_(std::move(rows)), name_(std::move(name)) {}

TokenRow TokenStore::read(int64_t row) const {
  check(row >= 0 && row < size(), "tokens: row ", row, " of ", size());
  const TokenRowInfo& place = info(row);
  std::vector<int32_t> words(static_cast<size_t>(place.tokens));
  storage_->read(place.begin, words);
  if (hash_of(words) != place.hash)
    fail(ErrorCode::kDisk, printable(name_, 4096), ": the tokens of row ", row,
         " are not those that were stored; the disk or another program changed them. Start again, "
         "without this file");
  return unpack_row(words);
}

void TokenStoreBuilder::add(const TokenRow& row, int64_t line) {
  const int64_t labels = row.labels();
  check(row.size() >= 2 && row.ids.size() == row.is_label.size() && row.is_label[0] == 0 &&
            labels > 0,
        "tokens: an example of ", row.size(), " tokens with ", labels, " labels");
  const std::vector<int32_t> words = pack_row(row);
  storage_.append(words);
  rows_.push_back({tokens_, line, hash_of(words), static_cast<int32_t>(row.size()),
                   static_cast<int32_t>(labels)});
  tokens_ += row.size();
}

std::vector<TokenRowInfo> TokenStoreBuilder::take_rows() {
  rows_.shrink_to_fit();
  return std::exchange(rows_, {});
}

}  // namespace hone
