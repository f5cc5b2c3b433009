// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which files a dataset consists of.
#pragma once

#include <string>
#include <vector>

#include "data/row_reader.h"

namespace hone {

struct DatasetFile {
  std::string path;
  RowLayout layout = RowLayout::kLines;

  bool operator==(const DatasetFile&) const = default;
};

// The file at `path`, or the files of that folder (and the folders in it) that hold rows, by name:
// .jsonl, .ndjson and .json, each also with .gz or .zst behind it. Where files or folders in it are
// named after splits (train, validation, test, ...) only those of `split` are taken; where none is,
// all are "train".
//
// A single file may have any name. `type` is its kind, "json" or "jsonl"; when empty its name says
// it: .json files hold values (RowLayout::kValues), all others lines.
//
// Errors: kDataset when nothing is there, when a folder has no such files, or not that split; for
// Parquet, Arrow, CSV and other tables, with the command that converts them.
std::vector<DatasetFile> find_dataset_files(const std::string& path, const std::string& split,
                                            const std::string& type);

}  // namespace hone
