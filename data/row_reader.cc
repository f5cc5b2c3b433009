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
  const JsonValue value = parse_json(row.text, {path, ErrorCode::kDataset, row.line, row.column});
  const JsonValue named = value.from(std::make_shared<const JsonSource>(
      JsonSource{path + ":" + std::to_string(row.line), ErrorCode::kDataset, row.line}));
  if (!named.is_object()) named.reject("a JSON object as a row");
  return named;
}

}  // namespace hone
