// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From dataset files to a Dataset, without holding more than a few rows' text in memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/content_hash.h"
#include "data/dataset.h"
#include "data/dataset_files.h"
#include "data/row_encoder.h"
#include "data/row_limits.h"
#include "data/split_slice.h"
#include "data/tokenizer.h"

namespace hone {

// Rows that are alike: one item of `datasets`.
struct RowSource {
  std::vector<DatasetFile> files;  // read in this order
  SplitSlice slice;                // of all their rows
  int64_t shards = 1;              // of that, every `shards`-th row, beginning with `shard`
  int64_t shard = 0;
  RowEncoding encoding;
};

// Calls body(0) ... body(n - 1), in any order and on any threads; throws what the first of them
// threw.
using ParallelFor = std::function<void(int64_t n, const std::function<void(int64_t)>& body)>;

struct LoadSettings {
  int64_t max_tokens = 0;  // of an example
  int64_t min_tokens = 2;  // shorter rows are dropped
  ExcessLength excess_length = ExcessLength::kDrop;
  std::string prepared_directory;                   // of caches; empty: none
  std::string temporary_directory = "/tmp";         // for tokens, without a cache
  int64_t max_row_bytes = RowReader::kMaxRowBytes;  // of a row's text
  ContentHash tokenizer;                            // a checksum of its files; for caches
  ParallelFor parallel;                             // absent: one after the other
};

// Reads the rows and encodes them. Long texts (RowFormat::kCompletion) are cut into parts of
// max_tokens unless excess_length is kRaise. What is the same does not depend on the threads.
//
// With a prepared_directory the tokens are kept there, under a name made from the files' bytes and
// everything else that decides what they are, and taken from there the next time. `notices` gets a
// line for a cache that was used, for one that could not be, and for each of roles_to_train that no
// message has.
//
// Errors: kDataset naming file:line for rows that cannot be used, for files that change while they
// are read, and when no row is left or more than half of those that fit have nothing to learn,
// saying how many rows were dropped and why; kDisk.
Dataset load_dataset(const RowSource& source, const Tokenizer& tokenizer,
                     const LoadSettings& settings, std::vector<std::string>& notices);

}  // namespace hone
