// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a JSON row of a dataset to pieces of text, for rows that no chat template writes.
#pragma once

#include <string>
#include <vector>

#include "data/json.h"
#include "data/row_format.h"

namespace hone {

struct TextSegment {
  std::string text;
  bool learned = false;

  bool operator==(const TextSegment&) const = default;
};

struct PromptRow {
  std::vector<TextSegment> segments;  // in order; each becomes tokens on its own
  bool ends = false;                  // the end-of-text token follows, learned
};

// Requires: the format is kInstruction with a PromptFormat, kCompletion or kInputOutput.
// Errors: kDataset naming file:line and the field.
PromptRow read_prompt(const JsonValue& row, const RowFields& fields);

}  // namespace hone
