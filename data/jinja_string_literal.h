// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The escapes of Python's string literals.
#pragma once

#include <string>
#include <string_view>

namespace hone::jinja {

// Appends the value of a literal's inside to `value`. Returns what is wrong with it, or null.
// A backslash before anything that is no escape stays.
const char* unescape(std::string_view body, std::string& value);

}  // namespace hone::jinja
