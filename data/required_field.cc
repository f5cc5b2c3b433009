// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/required_field.h"

#include <nlohmann/json.hpp>

#include "data/printable.h"

namespace hone {

JsonValue required_field(const JsonValue& row, const std::string& field, std::string_view key) {
  if (row.raw().find(field) != row.raw().end()) return row.at(field);
  std::string present;
  for (const auto& [name, value] : row.members())
    present += (present.empty() ? "" : ", ") + quote(name, 60);
  fail(ErrorCode::kDataset, row.where(), ": the row has no field ", quote(field, 60), "; it has ",
       present.empty() ? "none" : present, ". Remove the row, or name its field with ", key);
}

std::string required_text(const JsonValue& row, const std::string& field, std::string_view key) {
  const JsonValue value = required_field(row, field, key);
  if (value.raw().is_null())
    fail(ErrorCode::kDataset, value.where(),
         ": expected text, found null; remove the row, or write "
         "\"\" for an empty text");
  if (value.is_string()) return value.as_string();
  value.reject("text (" + std::string(key) + " names the field that has it)");
}

}  // namespace hone
