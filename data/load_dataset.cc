// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/load_dataset.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "data/printable.h"
#include "data/roles.h"
#include "data/source_key.h"
#include "data/token_cache.h"
#include "tensor/check.h"

namespace hone {
namespace {

// Rows that are encoded together: enough for all threads, little enough for memory.
constexpr size_t kBatchRows = 512, kBatchBytes = size_t{4} << 20;

int64_t count_rows(const RowSource& source, int64_t max_row_bytes) {
  int64_t rows = 0;
  RowText row;
  for (const DatasetFile& file : source.files)
    for (const auto reader = open_rows(file.path, file.layout, max_row_bytes); reader->next(row);)
      ++rows;
  return rows;
}

// Reads a source's rows into a storage.
class Loader {
 public:
  Loader(const RowSource& source, const Tokenizer& tokenizer, const LoadSettings& settings,
         TokenStorage& storage)
      : source_(source),
        settings_(settings),
        encoder_(tokenizer, source.encoding),
        rows_(storage) {}

  void load() {
    const int64_t total = source_.slice.needs_count() ? count_rows(source_, settings_.max_row_bytes)
                                                      : std::numeric_limits<int64_t>::max();
    std::tie(first_, last_) = source_.slice.range(total);
    for (const DatasetFile& file : source_.files) load_file(file);
  }

  const std::vector<RowCounts>& files() const { return files_; }
  TokenStoreBuilder& rows() { return rows_; }

 private:
  struct Pending {
    RowText text;
    TokenRow tokens;
    uint64_t roles = 0;
  };

  void load_file(const DatasetFile& file) {
    files_.emplace_back().path = file.path;
    uint64_t roles = 0;
    std::optional<RowEncoder> encoder;
    std::vector<Pending> batch;
    size_t bytes = 0;
    const auto reader = open_rows(file.path, file.layout, settings_.max_row_bytes);
    RowText text;
    while (next_ < last_ && reader->next(text)) {
      const int64_t row = next_++;
      if (row < first_ || (row - first_) % source_.shards != source_.shard) continue;
      if (!encoder) {
        encoder = encoder_.detected(parse_row(text, file.path));
        files_.back().format = describe(encoder->fields());
      }
      bytes += text.text.size();
      batch.push_back({.text = std::move(text), .tokens = {}});
      if (batch.size() < kBatchRows && bytes < kBatchBytes) continue;
      finish(batch, *encoder, roles);
      bytes = 0;
    }
    if (!batch.empty()) finish(batch, *encoder, roles);
    std::string& names = files_.back().learned_roles;
    for (size_t i = 0; i < encoder_.roles_to_train().size(); ++i)
      if (i >= 64 || (roles >> i & 1) != 0)
        names += (names.empty() ? "" : ", ") + encoder_.roles_to_train()[i];
  }

  // `roles` gets those that the rows have.
  void finish(std::vector<Pending>& batch, const RowEncoder& encoder, uint64_t& roles) {
    const std::string& path = files_.back().path;
    const std::function<void(int64_t)> encode = [&](int64_t i) {
      Pending& row = batch[static_cast<size_t>(i)];
      row.tokens = encoder.encode(parse_row(row.text, path), &row.roles);
      row.text.text.clear();
    };
    const int64_t n = std::ssize(batch);
    if (settings_.parallel) {
      settings_.parallel(n, encode);
    } else {
      for (int64_t i = 0; i < n; ++i) encode(i);
    }
    for (Pending& row : batch) {
      roles |= row.roles;
      take(row, encoder.fields().format);
    }
    if (are_conversations(encoder.fields())) files_.back().conversations = files_.back().kept;
    batch.clear();
  }

  void take(Pending& row, RowFormat format) {
    RowCounts& counts = files_.back();
    const int64_t tokens = row.tokens.size();
    ++counts.rows;
    counts.longest = std::max(counts.longest, tokens);
    const bool long_row = tokens > settings_.max_tokens;
    if (long_row && settings_.excess_length == ExcessLength::kRaise)
      fail(ErrorCode::kDataset, printable(counts.path, 4096), ":", row.text.line, ":",
           row.text.column, ": the row has ", tokens, " tokens, expected at most sequence_len ",
           settings_.max_tokens, "; excess_length_strategy: drop or truncate goes on without them");
    const bool cut = long_row && format == RowFormat::kCompletion;
    if (tokens < settings_.min_tokens) {
      ++counts.too_short;
    } else if (cut) {
      int64_t added = 0;
      for (const TokenRow& part : cut_text(row.tokens, settings_.max_tokens))
        if (part.labels() > 0) added += add(part, row.text.line);
      added > 0 ? ++counts.kept : ++counts.unlabelled;
    } else if (long_row && settings_.excess_length == ExcessLength::kDrop) {
      ++counts.too_long;
    } else {
      take_one(row, long_row);
    }
  }

  // A row that becomes one example, cut if it is long.
  void take_one(Pending& row, bool long_row) {
    RowCounts& counts = files_.back();
    if (long_row) {
      row.tokens.ids.resize(static_cast<size_t>(settings_.max_tokens));
      row.tokens.is_label.resize(static_cast<size_t>(settings_.max_tokens));
    }
    if (row.tokens.labels() == 0) {
      ++counts.unlabelled;
      return;
    }
    add(row.tokens, row.text.line);
    ++counts.kept;
    counts.truncated += long_row;
  }

  int64_t add(const TokenRow& tokens, int64_t line) {
    RowCounts& counts = files_.back();
    rows_.add(tokens, line);
    ++counts.examples;
    counts.tokens += tokens.size();
    counts.labels += tokens.labels();
    return 1;
  }

  const RowSource& source_;
  const LoadSettings& settings_;
  RowEncoder encoder_;
  TokenStoreBuilder rows_;
  std::vector<RowCounts> files_;
  int64_t next_ = 0, first_ = 0, last_ = 0;  // rows of the source
};

std::string report_of(const std::vector<RowCounts>& files, int64_t max_tokens) {
  std::string text;
  for (const RowCounts& file : files) {
    const std::string dropped = describe_dropped(file, max_tokens);
    text += "\n  " + printable(file.path, 4096) + ": " +
            (dropped.empty() ? std::to_string(file.rows) + " rows" : dropped);
  }
  return text;
}

// Refuses what would train on nothing, or on little of what was given.
void check_counts(const std::vector<RowCounts>& files, const SplitSlice& slice,
                  const LoadSettings& settings) {
  RowCounts all;
  for (const RowCounts& file : files) {
    all.rows += file.rows;
    all.kept += file.kept;
    all.unlabelled += file.unlabelled;
  }
  if (all.kept == 0)
    fail(ErrorCode::kDataset, "no row is left to train on", report_of(files, settings.max_tokens),
         all.rows == 0
             ? "\n  the files, or the split " + slice.str() + " of them, have no rows"
             : std::string("\n  look at sequence_len, roles_to_train and the rows themselves"));
  if (all.unlabelled > all.kept)
    fail(ErrorCode::kDataset, "more than half of the rows have nothing to learn: ", all.unlabelled,
         " of ", all.unlabelled + all.kept, report_of(files, settings.max_tokens),
         "\n  does the chat template write the turns of roles_to_train, and are they in the rows?");
}

// Says which of roles_to_train nobody has.
void note_absent_roles(const std::vector<RowCounts>& files, const RowSource& source,
                       std::vector<std::string>& notices) {
  int64_t conversations = 0;
  std::string found;
  for (const RowCounts& file : files) {
    conversations += file.conversations;
    found += ", " + file.learned_roles;
  }
  if (conversations == 0) return;
  found += ", ";
  for (const std::string& written : source.encoding.mask.roles_to_train) {
    const std::string role = template_role(written, source.encoding.fields);
    if (found.find(", " + role + ", ") == std::string::npos)
      notices.push_back("roles_to_train: no message of " + printable(source.files[0].path, 4096) +
                        (files.size() > 1 ? " and the other files" : "") + " has the role " +
                        quote(role, 60));
  }
}

Dataset dataset_of(CachedRows cached, const RowSource& source, const LoadSettings& settings,
                   std::vector<std::string>& notices) {
  check_counts(cached.files, source.slice, settings);
  note_absent_roles(cached.files, source, notices);
  return Dataset({std::move(cached.rows), std::move(cached.files)});
}

Dataset load_without_cache(const RowSource& source, const Tokenizer& tokenizer,
                           const LoadSettings& settings, std::vector<std::string>& notices) {
  auto storage = make_token_storage(settings.temporary_directory);
  Loader loader(source, tokenizer, settings, *storage);
  loader.load();
  auto rows = std::make_shared<const TokenStore>(std::move(storage), loader.rows().take_rows(),
                                                 "temporary file of tokens");
  return dataset_of({std::move(rows), loader.files()}, source, settings, notices);
}

// A cache knows files by their bytes; names are the present ones.
void rename_files(const RowSource& source, std::vector<RowCounts>& files) {
  for (size_t i = 0; i < files.size() && i < source.files.size(); ++i)
    files[i].path = source.files[i].path;
}

void make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    fail(ErrorCode::kDisk, "dataset_prepared_path: cannot create ", printable(path, 4096), ": ",
         error.message());
}

}  // namespace

Dataset load_dataset(const RowSource& source, const Tokenizer& tokenizer,
                     const LoadSettings& settings, std::vector<std::string>& notices) {
  check(settings.max_tokens >= 2 && settings.min_tokens >= 2, "dataset: rows of ",
        settings.min_tokens, " to ", settings.max_tokens, " tokens");
  check(!source.files.empty() && source.shards >= 1 && source.shard >= 0 &&
            source.shard < source.shards,
        "dataset: ", source.files.size(), " files, shard ", source.shard, " of ", source.shards);
  if (settings.prepared_directory.empty())
    return load_without_cache(source, tokenizer, settings, notices);

  make_directory(settings.prepared_directory);
  const ContentHash key = source_key(source, settings);
  const std::string path = settings.prepared_directory + "/" + key.hex() + ".tokens";
  CachedRows cached;
  std::string why;
  const CacheState state = open_token_cache(path, key, cached, why);
  if (state == CacheState::kUsable) {
    notices.push_back("tokens of " + printable(source.files[0].path, 4096) +
                      " are those prepared earlier: " + printable(path, 4096));
  } else {
    if (state == CacheState::kUnusable) notices.push_back("prepared tokens are made anew: " + why);
    TokenCacheWriter writer(path, key);
    Loader loader(source, tokenizer, settings, writer);
    loader.load();
    check_counts(loader.files(), source.slice, settings);
    if (source_key(source, settings) != key)
      fail(ErrorCode::kDataset, printable(source.files[0].path, 4096),
           ": the files of this dataset changed while they were read; let whatever writes them "
           "finish first, then start again");
    writer.commit(loader.rows().rows(), loader.files());
    if (open_token_cache(path, key, cached, why) != CacheState::kUsable)
      fail(ErrorCode::kDisk, "the prepared tokens cannot be read back: ", why);
  }
  rename_files(source, cached.files);
  return dataset_of(std::move(cached), source, settings, notices);
}

}  // namespace hone
