// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A row on each line.
#pragma once

#include "data/row_reader.h"
#include "data/text_buffer.h"

namespace hone {

class LineReader : public RowReader {
 public:
  LineReader(const std::string& path, int64_t max_row_bytes);
  bool next(RowText& row) override;

 private:
  size_t line_bytes();

  TextBuffer buffer_;
  int64_t max_row_bytes_;
};

}  // namespace hone
