// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rows of a .jsonl file, one at a time: memory is that of the longest line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/file.h"
#include "data/json.h"

namespace hone {

// Lines end in LF or CRLF, the last one may lack its end; blank lines and a UTF-8 byte order mark
// are skipped. Every row is a JSON object, parsed as strictly as parse_json does.
//
//   JsonlReader rows("train.jsonl");
//   while (const auto row = rows.next()) use(row->get_string("question"));
class JsonlReader {
 public:
  static constexpr int64_t kMaxLineBytes = int64_t{64} << 20;

  // Errors: kDataset unless `path` is a readable regular file.
  explicit JsonlReader(const std::string& path, int64_t max_line_bytes = kMaxLineBytes);

  // The next row, nullopt at the end. The row's own errors are kDataset ones that name file:line.
  // Errors: kDataset naming file:line:column, also for a line longer than the limit and for a file
  // that became shorter while it was read; kDisk on I/O errors.
  std::optional<JsonValue> next();

  // Number of the line that next() returned last, from 1; 0 before the first.
  int64_t line() const { return line_; }

 private:
  std::optional<std::string_view> next_line();
  bool fill();

  InputFile file_;
  int64_t max_line_bytes_;
  int64_t file_offset_ = 0;  // of the first byte not yet in buffer_
  std::string buffer_;
  size_t begin_ = 0;  // of the next line in buffer_
  int64_t line_ = 0;
};

}  // namespace hone
