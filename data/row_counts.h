// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How the rows of a dataset file fared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/json.h"

namespace hone {

// rows = kept + too_long + too_short + unlabelled.
struct RowCounts {
  std::string path;
  std::string format;  // what the rows are: "messages"
  // Those of roles_to_train that some message has, in that order: "assistant, tool".
  std::string learned_roles = {};
  int64_t rows = 0;           // read
  int64_t kept = 0;           // that became examples
  int64_t conversations = 0;  // of those kept: written by the chat template
  int64_t examples = 0;       // more than kept where long texts became several
  int64_t too_long = 0;       // dropped: more tokens than fit
  int64_t too_short = 0;      // dropped: fewer tokens than asked for
  int64_t unlabelled = 0;     // dropped: nothing in them to learn
  int64_t truncated = 0;      // of those kept: cut to what fits
  int64_t longest = 0;        // tokens of the longest row, kept or not
  int64_t tokens = 0;         // of the examples
  int64_t labels = 0;         // of the examples

  bool operator==(const RowCounts&) const = default;
};

// "12 of 20 rows dropped: 3 longer than 512 tokens (up to 9000), ..."; "" when none was.
// `max_tokens`: what long rows were measured by.
std::string describe_dropped(const RowCounts& counts, int64_t max_tokens);

// An object with a member for every count, and back.
Json row_counts_json(const RowCounts& counts);
RowCounts read_row_counts(const JsonValue& value);

}  // namespace hone
