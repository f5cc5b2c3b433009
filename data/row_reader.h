// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rows of a dataset file as text, one at a time: memory is that of the longest row.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "data/json.h"

namespace hone {

// One row, not yet parsed.
struct RowText {
  std::string text;
  int64_t line = 0;    // of its first character, from 1
  int64_t column = 0;  // in characters, from 1
};

class RowReader {
 public:
  static constexpr int64_t kMaxRowBytes = int64_t{64} << 20;

  virtual ~RowReader() = default;

  // Moves on to the next row; false at the end. Errors: kDataset naming file:line:column; kDisk.
  virtual bool next(RowText& row) = 0;
};

// The layouts that rows come in.
enum class RowLayout {
  kLines,   // one JSON object per line
  kValues,  // JSON objects one after another, or in one array, or in {"data": [...]}
};

// Reads a file, compressed or not (data/byte_source.h). A UTF-8 byte order mark and blank lines are
// skipped; lines end in LF or CRLF, the last may lack its end.
// Errors: as open_bytes.
std::unique_ptr<RowReader> open_rows(const std::string& path, RowLayout layout,
                                     int64_t max_row_bytes = RowReader::kMaxRowBytes);

// Parses a row as strictly as parse_json does. What is wrong with a value names its place.
// Errors: kDataset naming path:line:column, also when the row is no JSON object.
JsonValue parse_row(const RowText& row, const std::string& path);

}  // namespace hone
