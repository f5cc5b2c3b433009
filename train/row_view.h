// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A training row as the model sees it, with what is learned set apart from what is only read: the
// quickest way to see that a chat template or a mask does what was meant.
#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

#include "data/tokenizer.h"

namespace hone {

enum class RowMarks {
  kColour,   // learned text green, the rest dim
  kBrackets  // learned text in [[...]]
};

// kColour for a terminal whose TERM is not "dumb", unless NO_COLOR is set and not empty.
RowMarks marks_for(std::FILE* out);

// The text of the tokens, learned (is_label) or not, in lines as in the text. Control characters
// and escapes of the row are written as \xNN; after `limit` tokens it says how many are left out.
// Requires: as many marks as ids.
std::string view_row(const Tokenizer& tokenizer, std::span<const int32_t> ids,
                     std::span<const uint8_t> is_label, RowMarks marks, int64_t limit = 400);

}  // namespace hone
