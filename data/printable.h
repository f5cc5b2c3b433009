// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Text from files, made safe to show in a message.
//
// Names and values in model files, datasets and templates are written by strangers: a terminal
// escape inside one must never reach the user's terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hone {

// `text` with control characters (C0, DEL, C1) and bytes that are not UTF-8 written as \n, \t or
// \xNN; cut after `limit` bytes of input, which "..." then marks.
std::string printable(std::string_view text, int64_t limit = 120);

// The same line by line: '\n' stays. For whole messages, where they are printed.
std::string printable_lines(std::string_view text);

// As printable, between double quotes, with quotes and backslashes escaped.
std::string quote(std::string_view text, int64_t limit = 120);

}  // namespace hone
