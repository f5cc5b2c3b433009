// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

#include <algorithm>
#include <utility>

#include "data/printable.h"
#include "tensor/check.h"

namespace hone {

Dataset::Dataset(Part part) {
  const int64_t rows = part.rows->size();
  check(rows < int64_t{1} << kRowBits, "dataset: ", rows, " rows");
  parts_.push_back(std::make_shared<const Part>(std::move(part)));
  examples_.reserve(static_cast<size_t>(rows));
  for (int64_t row = 0; row < rows; ++row) add(static_cast<uint64_t>(row));
}

void Dataset::add(uint64_t example) {
  examples_.push_back(example);
  tokens_ += info(size() - 1).tokens;
  total_labels_ += info(size() - 1).labels;
}

const TokenRowInfo& Dataset::info(int64_t example) const {
  const uint64_t place = examples_[static_cast<size_t>(example)];
  const uint64_t row = place & ((uint64_t{1} << kRowBits) - 1);
  return parts_[place >> kRowBits]->rows->info(static_cast<int64_t>(row));
}

std::string Dataset::where(int64_t example) const {
  const uint64_t place = examples_[static_cast<size_t>(example)];
  int64_t row = static_cast<int64_t>(place & ((uint64_t{1} << kRowBits) - 1));
  const Part& part = *parts_[place >> kRowBits];
  const std::string line = std::to_string(info(example).line);
  for (const RowCounts& file : part.files) {
    if (row < file.examples) return printable(file.path, 4096) + ":" + line;
    row -= file.examples;
  }
  fail(ErrorCode::kInternal, "dataset: example ", example, " is of no file");
}

TokenRow Dataset::example(int64_t example) const {
  check(example >= 0 && example < size(), "dataset: example ", example, " of ", size());
  const uint64_t place = examples_[static_cast<size_t>(example)];
  const uint64_t row = place & ((uint64_t{1} << kRowBits) - 1);
  return parts_[place >> kRowBits]->rows->read(static_cast<int64_t>(row));
}

std::vector<int64_t> Dataset::lengths() const {
  std::vector<int64_t> lengths;
  lengths.reserve(examples_.size());
  for (int64_t i = 0; i < size(); ++i) lengths.push_back(length(i));
  return lengths;
}

ContentHash Dataset::fingerprint() const {
  ContentHasher hasher;
  for (int64_t i = 0; i < size(); ++i) {
    const uint64_t row = hash(i);
    hasher.add(std::as_bytes(std::span(&row, 1)));
  }
  return hasher.hash();
}

std::vector<RowCounts> Dataset::files() const {
  std::vector<RowCounts> all;
  for (const auto& part : parts_) all.insert(all.end(), part->files.begin(), part->files.end());
  return all;
}

Dataset Dataset::select(const std::vector<int64_t>& examples) const {
  Dataset selected;
  selected.parts_ = parts_;
  selected.examples_.reserve(examples.size());
  for (const int64_t example : examples) {
    check(example >= 0 && example < size(), "dataset: example ", example, " of ", size());
    selected.add(examples_[static_cast<size_t>(example)]);
  }
  return selected;
}

void Dataset::append(const Dataset& other) {
  const uint64_t first_part = parts_.size();
  parts_.insert(parts_.end(), other.parts_.begin(), other.parts_.end());
  for (const uint64_t example : other.examples_) add(example + (first_part << kRowBits));
}

RowCounts& DatasetBuilder::add_file(const std::string& path) {
  files_.emplace_back().path = path;
  return files_.back();
}

void DatasetBuilder::add(const TokenRow& row, int64_t line) {
  check(!files_.empty(), "dataset: an example before the first file");
  rows_.add(row, line);
  RowCounts& file = files_.back();
  ++file.rows;
  ++file.kept;
  ++file.examples;
  file.longest = std::max(file.longest, row.size());
  file.tokens += row.size();
  file.labels += row.labels();
}

Dataset DatasetBuilder::finish() {
  auto rows = std::make_shared<const TokenStore>(std::move(storage_), rows_.take_rows(), "rows");
  return Dataset({std::move(rows), std::move(files_)});
}

}  // namespace hone
