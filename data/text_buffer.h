// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The part of a stream of text that a reader of rows looks at.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "data/byte_source.h"

namespace hone {

class TextBuffer {
 public:
  // Skips a UTF-8 byte order mark. Errors: as open_bytes; kDataset for UTF-16 and UTF-32.
  explicit TextBuffer(const std::string& path);

  // The bytes read and not yet consumed; valid until the next call of grow().
  std::string_view unread() const { return std::string_view(buffer_).substr(begin_); }

  // Reads more behind them; false at the end of the text. Errors: as ByteSource::read.
  bool grow();

  // Takes `bytes` from the front and counts the lines and columns that they fill.
  void consume(size_t bytes);

  // Of the first byte of unread(), from 1. Columns count characters.
  int64_t line() const { return line_; }
  int64_t column() const { return column_; }

  const std::string& path() const { return path_; }

  // Throws "<path>:<line>:<column>: <message>" for the first byte of unread().
  [[noreturn]] void reject(std::string_view message) const;

 private:
  std::string path_;
  std::unique_ptr<ByteSource> source_;
  std::string buffer_;
  size_t begin_ = 0;
  int64_t line_ = 1;
  int64_t column_ = 1;
};

}  // namespace hone
