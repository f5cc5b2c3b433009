// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Training examples: which there are, how long they are, and their tokens when a step needs them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/row_counts.h"
#include "data/token_store.h"

namespace hone {

// A selection of the rows of token stores, in an order. Copies share the tokens. Memory: 8 bytes an
// example and 32 bytes a row of the stores. Safe for concurrent reads.
class Dataset {
 public:
  // The rows that one or several files gave.
  struct Part {
    std::shared_ptr<const TokenStore> rows;
    // How the files' rows fared; those kept lie in `rows` in the order of the files.
    std::vector<RowCounts> files;
  };

  Dataset() = default;
  // All rows of a part.
  explicit Dataset(Part part);

  int64_t size() const { return static_cast<int64_t>(examples_.size()); }
  int64_t length(int64_t example) const { return info(example).tokens; }
  int64_t labels(int64_t example) const { return info(example).labels; }
  // Equal for examples with equal tokens and labels.
  uint64_t hash(int64_t example) const { return info(example).hash; }
  std::string where(int64_t example) const;  // "train.jsonl:17"

  // Reads the example's tokens. Errors: kDisk.
  TokenRow example(int64_t example) const;

  int64_t tokens() const { return tokens_; }
  int64_t total_labels() const { return total_labels_; }
  std::vector<int64_t> lengths() const;
  // A checksum of all examples in their order.
  ContentHash fingerprint() const;

  // Every file that was read for this, whichever of its rows are selected.
  std::vector<RowCounts> files() const;

  // Those examples of this one, in the order given.
  Dataset select(const std::vector<int64_t>& examples) const;
  // Appends the examples of another.
  void append(const Dataset& other);

 private:
  static constexpr int kRowBits = 40;  // of an example; the bits above are its part

  const TokenRowInfo& info(int64_t example) const;
  void add(uint64_t example);

  std::vector<std::shared_ptr<const Part>> parts_;
  std::vector<uint64_t> examples_;
  int64_t tokens_ = 0;
  int64_t total_labels_ = 0;
};

// A dataset from rows that are there already.
class DatasetBuilder {
 public:
  DatasetBuilder() = default;
  DatasetBuilder(const DatasetBuilder&) = delete;
  DatasetBuilder& operator=(const DatasetBuilder&) = delete;

  // Starts a file, whose rows follow.
  RowCounts& add_file(const std::string& path);
  // Adds the example on a line of the last file. Requires: as TokenStoreBuilder::add.
  void add(const TokenRow& row, int64_t line);
  Dataset finish();  // once

 private:
  std::vector<RowCounts> files_;
  std::unique_ptr<TokenStorage> storage_ = make_token_storage(".");
  TokenStoreBuilder rows_{*storage_};
};

}  // namespace hone
