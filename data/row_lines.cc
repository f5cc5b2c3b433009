// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/row_lines.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace hone {
namespace {

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

LineReader::LineReader(const std::string& path, int64_t max_row_bytes)
    : buffer_(path), max_row_bytes_(max_row_bytes) {}

// Bytes of the next line without its LF; the buffer then holds all of it.
size_t LineReader::line_bytes() {
  size_t searched = 0;
  size_t newline;
  while ((newline = buffer_.unread().find('\n', searched)) == std::string_view::npos) {
    searched = buffer_.unread().size();
    if (static_cast<int64_t>(searched) > max_row_bytes_ || !buffer_.grow()) break;
  }
  const size_t bytes = std::min(newline, buffer_.unread().size());
  if (static_cast<int64_t>(bytes) > max_row_bytes_)
    buffer_.reject("the line exceeds " + std::to_string(max_row_bytes_) +
                   " bytes; expected one row per line (dataset_max_row_bytes sets the limit)");
  return bytes;
}

bool LineReader::next(RowText& row) {
  while (true) {
    const size_t bytes = line_bytes();
    if (bytes == 0 && buffer_.unread().empty()) return false;
    const std::string_view line = buffer_.unread().substr(0, bytes);
    const bool blank = is_blank(line);
    if (!blank) row = {std::string(line), buffer_.line(), buffer_.column()};
    buffer_.consume(std::min(bytes + 1, buffer_.unread().size()));
    if (!blank) return true;
  }
}

}  // namespace hone
