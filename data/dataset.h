// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Training examples in memory: token ids, and which of them are labels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/chat_mask.h"
#include "data/chat_row.h"
#include "data/tokenizer.h"

namespace hone {

// One file of rows.
struct RowFile {
  std::string path;
  RowFields fields;
};

struct DatasetOptions {
  int64_t max_tokens = 0;  // longer examples are dropped
  MaskOptions mask = {};   // which tokens are labels
};

// How a file's rows fared: rows = kept + too_long + unlabelled.
struct RowCounts {
  std::string path;
  RowFormat format = RowFormat::kAuto;  // as found
  int64_t rows = 0;
  int64_t kept = 0;
  int64_t too_long = 0;    // more than max_tokens tokens
  int64_t longest = 0;     // tokens of the longest row, kept or not
  int64_t unlabelled = 0;  // nothing in them to learn
};

// Five bytes a token. Examples keep the order of the files.
class Dataset {
 public:
  int64_t size() const { return static_cast<int64_t>(ends_.size()); }
  int64_t length(int64_t example) const { return end(example) - begin(example); }

  std::span<const int32_t> ids(int64_t example) const;
  // Aligned with ids: 1 where the token is a label. Never the first token, which nothing predicts.
  std::span<const uint8_t> is_label(int64_t example) const;
  int64_t labels(int64_t example) const { return labels_[static_cast<size_t>(example)]; }
  std::string where(int64_t example) const;  // "train.jsonl:17"

  int64_t tokens() const { return static_cast<int64_t>(ids_.size()); }
  int64_t total_labels() const;
  std::vector<int64_t> lengths() const;
  const std::vector<RowCounts>& files() const { return files_; }

  // Starts a file, whose rows follow.
  RowCounts& add_file(const std::string& path);
  // Adds the example on a line of the last file. Requires: at least two tokens, one of them a label
  // and not the first.
  void add(std::span<const int32_t> ids, std::span<const uint8_t> is_label, int64_t line);

 private:
  int64_t begin(int64_t i) const { return i == 0 ? 0 : ends_[static_cast<size_t>(i) - 1]; }
  int64_t end(int64_t i) const { return ends_[static_cast<size_t>(i)]; }

  std::vector<int32_t> ids_;
  std::vector<uint8_t> is_label_;
  std::vector<int64_t> ends_;    // per example: where its tokens end in ids_
  std::vector<int64_t> labels_;  // per example
  std::vector<int64_t> lines_;   // per example
  std::vector<int64_t> first_;   // per file: its first example
  std::vector<RowCounts> files_;
};

// Reads files row by row, renders each conversation and encodes it.
//
// Errors: kDataset naming file:line for rows that cannot be used, and saying how many rows were
// dropped and why when none is left; kDisk.
Dataset load_dataset(const std::vector<RowFile>& files, const Tokenizer& tokenizer,
                     const RenderChat& render, const DatasetOptions& options);

}  // namespace hone
