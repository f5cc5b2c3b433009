// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/row_reader.h"

#include "data/row_lines.h"
#include "data/row_values.h"

namespace hone {

std::unique_ptr<RowReader> open_rows(const std::string& path, RowLayout layout,
                                     int64_t max_row_bytes) {
  if (layout == RowLayout::kLines) return std::make_unique<LineReader>(path, max_row_bytes);
  return std::make_unique<ValueReader>(path, max_row_bytes);
}

JsonValue parse_row(const RowText& row, const std::string& path) {
  const auto text = std::make_shared<const std::string>(row.text);
  const JsonValue value =
      parse_json(*text, {path, ErrorCode::kDataset, row.line, row.column, text});
  if (!value.is_object()) value.reject("a JSON object as a row");
  return value;
}

}  // namespace hone
